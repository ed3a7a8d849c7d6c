# Programs for KF_ARCHITECTURE (a name in platforms/data) with Debian's shared libraries in KF_SYSROOT (ci/debian/sysroot).
# For tests alone: they start by the emulator, from this sysroot.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES KF_ARCHITECTURE KF_SYSROOT)
file(READ ${CMAKE_CURRENT_LIST_DIR}/../../platforms/data/${KF_ARCHITECTURE}.json kf_platform)
string(JSON kf_triplet GET "${kf_platform}" triplet)
string(JSON kf_machine GET "${kf_platform}" machines 0)
string(JSON kf_qemu GET "${kf_platform}" qemu)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${kf_machine})
set(CMAKE_C_COMPILER ${kf_triplet}-gcc)
set(CMAKE_CXX_COMPILER ${kf_triplet}-g++)
set(CMAKE_LIBRARY_ARCHITECTURE ${kf_triplet})
set(CMAKE_SYSROOT ${KF_SYSROOT})
foreach(kind LIBRARY INCLUDE PACKAGE)
  set(CMAKE_FIND_ROOT_PATH_MODE_${kind} ONLY)
endforeach()
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${KF_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${KF_SYSROOT}/usr/lib/${kf_triplet}/pkgconfig:${KF_SYSROOT}/usr/share/pkgconfig)

set(CMAKE_CROSSCOMPILING_EMULATOR qemu-${kf_qemu}-static -L ${KF_SYSROOT})
