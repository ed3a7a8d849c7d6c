# What every object of ours is compiled and linked with: language, hardening, reproducibility, sanitizers.
include(CheckCXXCompilerFlag)
add_library(project_options INTERFACE)
target_compile_features(project_options INTERFACE cxx_std_20)
# 32-bit ARM has 32-bit off_t unless told otherwise; bundles are larger than that.
target_compile_definitions(project_options INTERFACE _FILE_OFFSET_BITS=64)

set(KF_SANITIZE "" CACHE STRING "Sanitizers for every object: address,undefined or thread; empty for none")
if(KF_SANITIZE)
  target_compile_options(project_options INTERFACE -fsanitize=${KF_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(project_options INTERFACE -fsanitize=${KF_SANITIZE})
else()
  target_compile_definitions(project_options INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=3>)
endif()
target_compile_definitions(project_options INTERFACE _GLIBCXX_ASSERTIONS)

function(kf_option_if_supported flag)
  string(MAKE_C_IDENTIFIER "KF_HAS_${flag}" result)
  check_cxx_compiler_flag("${flag}" ${result})
  if(${result})
    target_compile_options(project_options INTERFACE ${flag})
  endif()
endfunction()
foreach(flag -fstack-protector-strong -fstack-clash-protection -ftrivial-auto-var-init=zero -fno-delete-null-pointer-checks
             -fno-strict-overflow -fno-strict-aliasing -fcf-protection=full
             "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=" -ffunction-sections -fdata-sections)
  kf_option_if_supported(${flag})
endforeach()
# clang takes this flag on every architecture and then warns that it is unused.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)")
  kf_option_if_supported(-mbranch-protection=standard)
endif()
target_link_options(project_options INTERFACE LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack LINKER:-z,separate-code LINKER:--as-needed
  LINKER:--gc-sections)
if(KF_LIBRARIES)
  target_compile_options(project_options INTERFACE "-ffile-prefix-map=${KF_LIBRARIES}/=")
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
