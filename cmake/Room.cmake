# A room is a static library with its own include root: what a room does not name as a dependency, it cannot include.
#   kf_room(NAME SOURCES … PUBLIC_DEPENDENCIES … PRIVATE_DEPENDENCIES …)   → target kubeferry_NAME, alias kubeferry::NAME
#   kf_unit_test(NAME SOURCES … DEPENDENCIES … READS_TREE …)               → one GoogleTest program tests_NAME;
#     sources of READS_TREE know where the tree is as KF_SOURCE_DIR: they alone are compiled anew in each clone

# Nobody measures them, and gmock's templates take twice as long to compile with -O2. With -Og g++ 12 takes std::stop_token
# for uninitialized.
set(KF_TEST_OPTIONS $<$<CONFIG:RelWithDebInfo>:-Og> $<$<CONFIG:RelWithDebInfo>:-Wno-maybe-uninitialized> $<$<CONFIG:Debug>:-O0>)

function(kf_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC_DEPENDENCIES;PRIVATE_DEPENDENCIES" ${ARGN})
  add_library(kubeferry_${name} STATIC ${ARG_SOURCES})
  add_library(kubeferry::${name} ALIAS kubeferry_${name})
  target_include_directories(kubeferry_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  target_link_libraries(kubeferry_${name} PUBLIC ${ARG_PUBLIC_DEPENDENCIES} project_options PRIVATE project_warnings ${ARG_PRIVATE_DEPENDENCIES})
  kf_precompile(kubeferry_${name} rooms)
  kf_join_files(kubeferry_${name})
endfunction()

function(kf_unit_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDENCIES;READS_TREE" ${ARGN})
  set_source_files_properties(${ARG_READS_TREE} PROPERTIES COMPILE_DEFINITIONS KF_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_executable(tests_${name} ${ARG_SOURCES})
  target_link_libraries(tests_${name} PRIVATE ${ARG_DEPENDENCIES} GTest::gmock GTest::gtest_main project_warnings)
  target_compile_options(tests_${name} PRIVATE ${KF_TEST_OPTIONS})
  kf_precompile(tests_${name} tests)
  kf_join_files(tests_${name})
  if(CMAKE_CROSSCOMPILING_EMULATOR)
    # Starting is what takes longest under an emulator.
    add_test(NAME ${name} COMMAND tests_${name})
    set_tests_properties(${name} PROPERTIES LABELS unit)
    return()
  endif()
  gtest_discover_tests(tests_${name} TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60 PROPERTIES LABELS unit TIMEOUT 300)
endfunction()
