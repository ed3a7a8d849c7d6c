# kf_command(VARIABLE TARGET): how a test starts a program of ours: itself, or a script that starts it by the emulator of
# its architecture, wherever PATH leads and under the name that the script was started by. Programs in tests' own languages
# know nothing of CMAKE_CROSSCOMPILING_EMULATOR.
function(kf_command variable target)
  if(NOT CMAKE_CROSSCOMPILING_EMULATOR)
    set(${variable} $<TARGET_FILE:${target}> PARENT_SCOPE)
    return()
  endif()
  set(script ${CMAKE_BINARY_DIR}/emulated/${target})
  list(POP_FRONT CMAKE_CROSSCOMPILING_EMULATOR name)
  find_program(KF_EMULATOR ${name} REQUIRED)
  list(JOIN CMAKE_CROSSCOMPILING_EMULATOR " " more)
  string(STRIP "${KF_EMULATOR} ${more}" emulator)
  get_property(made GLOBAL PROPERTY kf_emulated_${target})
  if(NOT made)
    set_property(GLOBAL PROPERTY kf_emulated_${target} ON)
    file(GENERATE OUTPUT ${script}
      CONTENT "#!/bin/sh\nexec ${emulator} -0 \"$0\" $<TARGET_FILE:${target}> \"$@\"\n"
      FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
  endif()
  set(${variable} ${script} PARENT_SCOPE)
endfunction()
