# A fully static program for KF_ARCHITECTURE (a name in platforms/data), linked with what ci/static/libraries left in
# KF_LIBRARIES. Also compiles those libraries themselves.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES KF_ARCHITECTURE KF_LIBRARIES)
file(READ ${CMAKE_CURRENT_LIST_DIR}/../../platforms/data/${KF_ARCHITECTURE}.json kf_platform)
string(JSON kf_triplet GET "${kf_platform}" triplet)
string(JSON kf_machine GET "${kf_platform}" machines 0)
string(JSON kf_qemu GET "${kf_platform}" qemu)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${kf_machine})
set(CMAKE_C_COMPILER ${kf_triplet}-gcc)
set(CMAKE_CXX_COMPILER ${kf_triplet}-g++)
set(CMAKE_LIBRARY_ARCHITECTURE ${kf_triplet})

set(CMAKE_FIND_ROOT_PATH ${KF_LIBRARIES})
foreach(kind LIBRARY INCLUDE PACKAGE)
  set(CMAKE_FIND_ROOT_PATH_MODE_${kind} ONLY)
endforeach()
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)

# glibc 2.36 has the start code of a static program at any address (rcrt1.o) for some.
if(EXISTS ${KF_LIBRARIES}/lib/rcrt1.o)
  set(kf_static -static-pie)
else()
  set(kf_static -static -no-pie)
endif()
string(JOIN " " CMAKE_EXE_LINKER_FLAGS_INIT ${kf_static} -L${KF_LIBRARIES}/lib -B${KF_LIBRARIES}/lib/)
if(KF_ARCHITECTURE STREQUAL arm)
  # Certificates and files outlive 2038; the libraries agree.
  set(CMAKE_C_FLAGS_INIT "-D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64")
  set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT}")
endif()

if(NOT kf_machine STREQUAL CMAKE_HOST_SYSTEM_PROCESSOR)
  set(CMAKE_CROSSCOMPILING_EMULATOR qemu-${kf_qemu}-static)
endif()
