# Warnings for our own code only: linked PRIVATE, so that libraries' headers are not judged by them.
# missing-field-initializers is off: options structs are filled with designated initialisers, defaults for the rest.
option(KF_WARNINGS_AS_ERRORS "Treat warnings as errors" OFF)
add_library(project_warnings INTERFACE)
target_compile_options(project_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wcast-align -Wformat=2 -Werror=format-security -Wimplicit-fallthrough -Wswitch-enum -Wundef
  -Wno-missing-field-initializers -Wunused -Werror=unused-result -Wdouble-promotion)
if(KF_WARNINGS_AS_ERRORS)
  target_compile_options(project_warnings INTERFACE -Werror)
endif()
