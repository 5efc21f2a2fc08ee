# The compiler of the Python package `ziglang`, which has the C and C++ headers of macOS; ZIG in the environment is its
# path. It checks that the code compiles and links there; wheels are made with Apple's compiler.
set(CMAKE_SYSTEM_NAME Darwin)
set(CMAKE_SYSTEM_VERSION 24)
set(CMAKE_SYSTEM_PROCESSOR arm64)
if(NOT CMAKE_CXX_COMPILER)
  set(CMAKE_CXX_COMPILER $ENV{ZIG} c++ -target aarch64-macos.15.2)
endif()
# CMake reads this once more after its own rules for macOS, some of which do not fit.
set(CMAKE_USER_MAKE_RULES_OVERRIDE ${CMAKE_CURRENT_LIST_FILE})
# Zig's linker reads no archives of GNU's ar, and crashes when it is to make a bundle: Python loads libraries, too.
set(CMAKE_CXX_ARCHIVE_CREATE "$ENV{ZIG} ar qc <TARGET> <LINK_FLAGS> <OBJECTS>")
set(CMAKE_CXX_ARCHIVE_FINISH "$ENV{ZIG} ranlib <TARGET>")
set(CMAKE_SHARED_MODULE_CREATE_CXX_FLAGS -dynamiclib)
# GNU's does not know the format.
set(CMAKE_STRIP true)
