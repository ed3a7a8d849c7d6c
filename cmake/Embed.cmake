# Data files as part of a program, made at build time with nothing but CMake.
#   kf_embed(VARIABLE NAMESPACE a::b BASE DIR FILES …)
# sets VARIABLE to a generated source that defines, in NAMESPACE,
#   std::span<const EmbeddedFile> embedded_files();   // {name relative to BASE, content}, in the order given
# which the room declares in its own embedded.hpp.
set(KF_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/EmbedScript.cmake)
function(kf_embed variable)
  cmake_parse_arguments(ARG "" "NAMESPACE;BASE" "FILES" ${ARGN})
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_files.cpp)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} "-DOUTPUT=${output}" "-DNAMESPACE=${ARG_NAMESPACE}" "-DBASE=${ARG_BASE}"
            "-DFILES=${ARG_FILES}" -P ${KF_EMBED_SCRIPT}
    DEPENDS ${ARG_FILES} ${KF_EMBED_SCRIPT}
    COMMENT "Embedding data of ${ARG_NAMESPACE}"
    VERBATIM)
  set(${variable} ${output} PARENT_SCOPE)
endfunction()
