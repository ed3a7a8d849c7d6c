# What every toolchain here takes from the row of KF_ARCHITECTURE (a name in platforms/data): the compiler and the machine.
# Nothing but what the toolchain names is looked up for that machine.
file(READ ${CMAKE_CURRENT_LIST_DIR}/../../platforms/data/${KF_ARCHITECTURE}.json kf_platform)
string(JSON kf_triplet GET "${kf_platform}" triplet)
string(JSON kf_machine GET "${kf_platform}" machines 0)
string(JSON kf_qemu GET "${kf_platform}" qemu)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${kf_machine})
set(CMAKE_C_COMPILER ${kf_triplet}-gcc)
set(CMAKE_CXX_COMPILER ${kf_triplet}-g++)
set(CMAKE_LIBRARY_ARCHITECTURE ${kf_triplet})
foreach(kind LIBRARY INCLUDE PACKAGE)
  set(CMAKE_FIND_ROOT_PATH_MODE_${kind} ONLY)
endforeach()
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
