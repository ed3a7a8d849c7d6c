# Precompiled headers: a third of a build's time. Targets of one kind are compiled with the same options, so that they can
# share one.
option(KF_PCH "Precompile what nearly every file includes" OFF)

# kf_precompile(TARGET rooms|tests|program)
function(kf_precompile target kind)
  if(NOT KF_PCH)
    return()
  endif()
  if(kind STREQUAL program)
    target_precompile_headers(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/pch/program.hpp)
    return()
  endif()
  if(NOT TARGET kf_pch_${kind})
    if(kind STREQUAL rooms)
      add_library(kf_pch_rooms STATIC ${PROJECT_SOURCE_DIR}/cmake/pch/none.cpp)
    else()
      add_executable(kf_pch_tests ${PROJECT_SOURCE_DIR}/cmake/pch/none.cpp)
      target_link_libraries(kf_pch_tests PRIVATE GTest::gmock GTest::gtest_main)
      target_compile_options(kf_pch_tests PRIVATE ${KF_TEST_OPTIONS})
    endif()
    target_include_directories(kf_pch_${kind} PRIVATE ${PROJECT_SOURCE_DIR}/core/base/include)
    target_link_libraries(kf_pch_${kind} PRIVATE tl::expected Threads::Threads project_options project_warnings)
    target_precompile_headers(kf_pch_${kind} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/pch/${kind}.hpp)
  endif()
  target_precompile_headers(${target} REUSE_FROM kf_pch_${kind})
endfunction()

# Several files as one: what headers and templates cost is then paid once for all of them. Names in anonymous namespaces
# must differ within a target, therefore. Without it (preset `dev`) one file is compiled faster, and all of them slower.
option(KF_UNITY "Compile the files of a target together" OFF)
function(kf_join_files target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${KF_UNITY} UNITY_BUILD_BATCH_SIZE 8)
endfunction()
