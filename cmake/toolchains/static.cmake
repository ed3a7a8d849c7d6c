# A fully static program for KF_ARCHITECTURE (a name in platforms/data), linked with what ci/static/libraries left in
# KF_LIBRARIES. Also compiles those libraries themselves.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES KF_ARCHITECTURE KF_LIBRARIES)
include(${CMAKE_CURRENT_LIST_DIR}/architecture.cmake)
set(CMAKE_FIND_ROOT_PATH ${KF_LIBRARIES})
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
