# Helpers that every folder's CMakeLists.txt uses. Targets only, no globbing, PRIVATE by default.
#
#   plumb_library(NAME plumb_ir SOURCES a.cc b.cc DEPENDS plumb_base [LIBRARIES protobuf::libprotobuf])
#   plumb_test(NAME graph_test SOURCES graph_test.cc DEPENDS plumb_ir [LABELS slow])
#   plumb_bench(NAME dot_bench SOURCES dot_bench.cc DEPENDS plumb_kernels_dot)
#   plumb_compact(TARGET plumb_artifact FOR SIZE)     smaller code where speed does not matter
#   plumb_kernel_files(FAMILY dot FILES dot_files)   the files that the rows of dot_kernels.inc name, with their flags
#   plumb_isa(FILE simd_test_avx2.cc ISA avx2)      flags for one file of another kind; a no-op elsewhere

include(GNUInstallDirs)

add_library(plumb_options INTERFACE)
target_include_directories(plumb_options INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}/generated")
target_compile_options(plumb_options INTERFACE -ffp-contract=off -fno-math-errno -Wall -Wextra -Wno-missing-field-initializers -Wno-restrict)  # restrict: false alarms of GCC 12
if(PLUMB_WARNINGS_AS_ERRORS)
  target_compile_options(plumb_options INTERFACE -Werror)
endif()
if(PLUMB_SANITIZE)
  target_compile_options(plumb_options INTERFACE -fsanitize=${PLUMB_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(plumb_options INTERFACE -fsanitize=${PLUMB_SANITIZE})
endif()

set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)  # what one folder finds, the shared libraries link
find_package(Threads REQUIRED)
if(PLUMB_TESTS)
  if(CMAKE_CROSSCOMPILING)  # Debian has GoogleTest's sources, and no library for other architectures
    find_path(PLUMB_GOOGLETEST_SOURCES googlemock/CMakeLists.txt PATHS /usr/src/googletest NO_CMAKE_FIND_ROOT_PATH REQUIRED)
    set(INSTALL_GTEST OFF)
    add_subdirectory("${PLUMB_GOOGLETEST_SOURCES}" "${PROJECT_BINARY_DIR}/googletest" EXCLUDE_FROM_ALL SYSTEM)
    foreach(library gtest gmock)
      target_compile_options(${library} PRIVATE -w)
      if(NOT TARGET GTest::${library})
        add_library(GTest::${library} ALIAS ${library})
      endif()
    endforeach()
  else()
    find_package(GTest REQUIRED)
    include(GoogleTest)
  endif()
  enable_testing()
  add_library(plumb_unit_main STATIC "${PROJECT_SOURCE_DIR}/tests/unit_main.cc")
  target_link_libraries(plumb_unit_main PRIVATE plumb_options plumb_base GTest::gtest)
  add_custom_target(unit_tests)  # every plumb_test that is not labelled slow or long
endif()

# The headers of others that nearly every file reads, read once: a third of the time of a small file. Not under a compiler cache,
# which would no longer find what it has. A file that forgets to include what it uses is found by the builds without.
set(pch_default ON)
if(CMAKE_CXX_COMPILER_LAUNCHER OR PLUMB_RUNTIME_ONLY)
  set(pch_default OFF)
endif()
option(PLUMB_PCH "Precompiled headers" ${pch_default})
set(PLUMB_PCH_HEADERS <algorithm> <array> <cmath> <cstdint> <cstring> <filesystem> <fstream> <functional> <limits> <map>
  <memory> <optional> <random> <set> <span> <sstream> <string> <string_view> <utility> <vector>)

# Gives `TARGET` the precompiled headers of the first target of its `KIND` (one kind: the same flags); HEADERS on top of the usual.
function(plumb_precompiled)
  cmake_parse_arguments(ARG "" "TARGET;KIND" "HEADERS" ${ARGN})
  if(NOT PLUMB_PCH)
    return()
  endif()
  # GCC 12 gives false alarms about <string> when it was read this way.
  target_compile_options(${ARG_TARGET} PRIVATE -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds)
  get_property(first GLOBAL PROPERTY plumb_pch_${ARG_KIND})
  if(first)
    target_precompile_headers(${ARG_TARGET} REUSE_FROM ${first})
  else()
    target_precompile_headers(${ARG_TARGET} PRIVATE ${PLUMB_PCH_HEADERS} ${ARG_HEADERS})
    set_property(GLOBAL PROPERTY plumb_pch_${ARG_KIND} ${ARG_TARGET})
  endif()
endfunction()

if(PLUMB_BENCHMARKS AND NOT PLUMB_RUNTIME_ONLY)
  find_package(benchmark REQUIRED)
endif()

# GCC leaves out the tables of functions that cannot throw only where it writes the tables itself, not the assembler.
set(plumb_lean_unwind_tables
  "$<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-fno-asynchronous-unwind-tables;-fno-dwarf2-cfi-asm>")

# Static libraries, one a folder; the shipped libplumb_runtime and libplumb are linked from them whole.
function(plumb_library)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  add_library(${ARG_NAME} STATIC ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PUBLIC plumb_options ${ARG_DEPENDS} PRIVATE ${ARG_LIBRARIES})
  if(PLUMB_COMPILER_HALF)  # the runtime's half has flags of its own, file by file
    plumb_precompiled(TARGET ${ARG_NAME} KIND library)
  else()  # unwind tables for what can throw, not for what cannot: 20261126-unwind-tables-of-what-throws.md
    target_compile_options(${ARG_NAME} PRIVATE ${plumb_lean_unwind_tables})
  endif()
endfunction()

# Code that runs once a load or once a picture, or that is templates times element types: small rather than unrolled, so
# that the runtime stays small. SIZE: for size alone; LOOPS: vectorized loops, without copies for every case; BUILD: to spare
# time of the compiler.
function(plumb_compact)
  cmake_parse_arguments(ARG "" "TARGET;FOR" "" ${ARGN})
  set(SIZE -Os -ffunction-sections -fdata-sections)  # the linker leaves out what nothing uses
  set(LOOPS -O2 -fvect-cost-model=dynamic)
  set(BUILD -O1)  # built quickly: tests, and the program's verbs, that only call others
  foreach(option IN LISTS ${ARG_FOR})
    target_compile_options(${ARG_TARGET} PRIVATE $<$<CONFIG:Release>:${option}>)
  endforeach()
endfunction()

function(plumb_test)
  if(NOT PLUMB_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;DEPENDS;LIBRARIES;LABELS" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE plumb_options ${ARG_DEPENDS} ${ARG_LIBRARIES} plumb_unit_main GTest::gtest GTest::gmock)
  plumb_compact(TARGET ${ARG_NAME} FOR BUILD)
  plumb_precompiled(TARGET ${ARG_NAME} KIND test HEADERS <gmock/gmock.h> <gtest/gtest.h>)
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME})
  set_tests_properties(${ARG_NAME} PROPERTIES LABELS "unit;${ARG_LABELS}")
  if(CMAKE_CROSSCOMPILING_EMULATOR)
    list(GET CMAKE_CROSSCOMPILING_EMULATOR 0 emulator)
    set_tests_properties(${ARG_NAME} PROPERTIES ENVIRONMENT "PLUMB_EMULATOR=${emulator}")
  endif()
  if(NOT ARG_LABELS MATCHES "slow|long")
    add_dependencies(unit_tests ${ARG_NAME})
  endif()
endfunction()

# Built under PLUMB_BENCHMARKS only; not a test.
function(plumb_bench)
  if(NOT PLUMB_BENCHMARKS OR PLUMB_RUNTIME_ONLY)
    return()
  endif()
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE plumb_options ${ARG_DEPENDS} benchmark::benchmark benchmark::benchmark_main)
endfunction()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(plumb_architecture x86)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(plumb_architecture aarch64)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^arm")
  set(plumb_architecture arm)
else()
  set(plumb_architecture other)
endif()

# ISA flags go on kernel files and nowhere else.
function(plumb_isa)
  cmake_parse_arguments(ARG "" "FILE;ISA" "" ${ARGN})
  # Expensive: GCC leaves vzeroupper out otherwise, and code for SSE behind it runs 30 times slower.
  set(x86_avx2 -mavx2 -mfma -mf16c -fexpensive-optimizations)
  set(x86_avxvnni ${x86_avx2} -mavxvnni)
  set(x86_avx512 ${x86_avx2} -mavx512f -mavx512bw -mavx512vl -mavx512dq)
  # GCC 12 takes the deliberately undefined operands of its own AVX-512 header for mistakes.
  list(APPEND x86_avx512 $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized> $<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized>)
  set(x86_avx512bw ${x86_avx512})
  set(x86_avx512vnni ${x86_avx512} -mavx512vnni)
  set(x86_avx512vbmi ${x86_avx512} -mavx512vbmi)
  set(x86_amx ${x86_avx512} -mamx-tile -mamx-int8)
  set(aarch64_neon -march=armv8-a)
  # GCC offers these intrinsics from Armv8.2 on only.
  set(aarch64_dotprod -march=armv8.2-a+dotprod)
  set(aarch64_i8mm -march=armv8.2-a+dotprod+i8mm)
  set(aarch64_neondot ${aarch64_dotprod})  # as file names have them
  set(aarch64_neoni8mm ${aarch64_i8mm})
  set(arm_neon -march=armv7-a -mfpu=neon-vfpv4)
  set(known scalar avx2 avxvnni avx512 avx512bw avx512vnni avx512vbmi amx neon dotprod neondot i8mm neoni8mm)
  if(NOT ARG_ISA IN_LIST known)
    message(FATAL_ERROR "${ARG_FILE}: unknown instruction set '${ARG_ISA}'; expected one of ${known}")
  endif()
  set_property(SOURCE ${ARG_FILE} APPEND PROPERTY COMPILE_OPTIONS ${${plumb_architecture}_${ARG_ISA}})
  set_property(SOURCE ${ARG_FILE} PROPERTY SKIP_PRECOMPILE_HEADERS ON)
endfunction()

# A row PLUMB_FAMILY(family_..._isa, ...) of FAMILY_kernels.inc is the kernel, and it is built from the row too: its file is
# FAMILY_x86_isa.cc, FAMILY_arm_isa.cc or FAMILY_scalar.cc. Rows of other architectures, under #if, are passed over.
function(plumb_kernel_files)
  cmake_parse_arguments(ARG "" "FAMILY;FILES" "" ${ARGN})
  set(list "${CMAKE_CURRENT_SOURCE_DIR}/${ARG_FAMILY}_kernels.inc")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${list}")
  set(x86_macro "__x86_64__")
  set(aarch64_macro "__aarch64__")
  set(arm_macro "__arm__")
  set(other_macro "none")
  file(STRINGS "${list}" lines REGEX "^(#|PLUMB_)")
  set(files)
  set(here TRUE)
  foreach(line IN LISTS lines)
    if(line MATCHES "^#if defined")
      string(FIND "${line}" "defined(${${plumb_architecture}_macro})" at)
      set(here FALSE)
      if(at GREATER 0)
        set(here TRUE)
      endif()
    elseif(line MATCHES "^#endif")
      set(here TRUE)
    elseif(line MATCHES "^PLUMB_[A-Z0-9_]+\\([a-z0-9_]+_([a-z0-9]+)[,)]")
      set(isa ${CMAKE_MATCH_1})
      if(isa STREQUAL "scalar")
        set(file ${ARG_FAMILY}_scalar.cc)
      elseif(isa MATCHES "^neon")
        set(file ${ARG_FAMILY}_arm_${isa}.cc)
      else()
        set(file ${ARG_FAMILY}_x86_${isa}.cc)
      endif()
      if(here AND NOT file IN_LIST files)
        plumb_isa(FILE ${file} ISA ${isa})
        list(APPEND files ${file})
      endif()
    else()
      message(FATAL_ERROR "${list}: expected '#if defined(...)', '#endif' or 'PLUMB_FAMILY(family_..._isa', found: ${line}")
    endif()
  endforeach()
  set(${ARG_FILES} ${files} PARENT_SCOPE)
endfunction()
