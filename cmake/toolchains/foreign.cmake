# Programs for KF_ARCHITECTURE (a name in platforms/data) with Debian's shared libraries in KF_SYSROOT (ci/debian/sysroot).
# For tests alone: they start by the emulator, from this sysroot.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES KF_ARCHITECTURE KF_SYSROOT)
include(${CMAKE_CURRENT_LIST_DIR}/architecture.cmake)
set(CMAKE_SYSROOT ${KF_SYSROOT})
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${KF_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${KF_SYSROOT}/usr/lib/${kf_triplet}/pkgconfig:${KF_SYSROOT}/usr/share/pkgconfig)

set(CMAKE_CROSSCOMPILING_EMULATOR qemu-${kf_qemu}-static -L ${KF_SYSROOT})
