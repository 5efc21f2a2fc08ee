# Debian's cross compiler for Windows (package g++-mingw-w64-x86-64-posix). It checks that the core
# compiles there; wheels are made with Microsoft's compiler.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR AMD64)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
