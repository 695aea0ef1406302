# Helpers that every folder's CMakeLists.txt uses. Targets only, no globbing, PRIVATE by default.
#
#   plumb_library(NAME plumb_ir SOURCES a.cc b.cc DEPENDS plumb_base [LIBRARIES protobuf::libprotobuf])
#   plumb_test(NAME graph_test SOURCES graph_test.cc DEPENDS plumb_ir [LABELS slow])
#   plumb_bench(NAME dot_bench SOURCES dot_bench.cc DEPENDS plumb_kernels_dot)
#   plumb_compact(TARGET plumb_artifact FOR SIZE)     smaller code where speed does not matter
#   plumb_isa(FILE dot_x86_avx2.cc ISA avx2)        flags for one kernel file; a no-op elsewhere

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
if(PLUMB_TESTS AND NOT PLUMB_RUNTIME_ONLY)
  find_package(GTest REQUIRED)
  enable_testing()
  include(GoogleTest)
  add_custom_target(unit_tests)  # every plumb_test that is not labelled slow or long
endif()

if(PLUMB_BENCHMARKS AND NOT PLUMB_RUNTIME_ONLY)
  find_package(benchmark REQUIRED)
endif()

# Static libraries, one a folder; the shipped libplumb_runtime and libplumb are linked from them whole.
function(plumb_library)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  add_library(${ARG_NAME} STATIC ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PUBLIC plumb_options ${ARG_DEPENDS} PRIVATE ${ARG_LIBRARIES})
endfunction()

# Code that runs once a load or once a picture, or that is templates times element types: small rather than unrolled, so
# that the runtime stays small. SIZE: for size alone; LOOPS: vectorized loops, without copies for every case.
function(plumb_compact)
  cmake_parse_arguments(ARG "" "TARGET;FOR" "" ${ARGN})
  set(SIZE -Os -ffunction-sections -fdata-sections)  # the linker leaves out what nothing uses
  set(LOOPS -O2 -fvect-cost-model=dynamic)
  foreach(option IN LISTS ${ARG_FOR})
    target_compile_options(${ARG_TARGET} PRIVATE $<$<CONFIG:Release>:${option}>)
  endforeach()
endfunction()

function(plumb_test)
  if(NOT PLUMB_TESTS OR PLUMB_RUNTIME_ONLY)
    return()
  endif()
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;DEPENDS;LIBRARIES;LABELS" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE plumb_options ${ARG_DEPENDS} ${ARG_LIBRARIES} GTest::gtest GTest::gmock GTest::gtest_main)
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME})
  set_tests_properties(${ARG_NAME} PROPERTIES LABELS "unit;${ARG_LABELS}")
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

# ISA flags go on kernel files and nowhere else.
function(plumb_isa)
  cmake_parse_arguments(ARG "" "FILE;ISA" "" ${ARGN})
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set(architecture x86)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
    set(architecture aarch64)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^arm")
    set(architecture arm)
  else()
    set(architecture other)
  endif()
  set(x86_avx2 -mavx2 -mfma -mf16c)
  set(x86_avxvnni ${x86_avx2} -mavxvnni)
  set(x86_avx512 ${x86_avx2} -mavx512f -mavx512bw -mavx512vl -mavx512dq)
  # GCC 12 takes the deliberately undefined operands of its own AVX-512 header for mistakes.
  list(APPEND x86_avx512 $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized> $<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized>)
  set(x86_avx512vnni ${x86_avx512} -mavx512vnni)
  set(x86_avx512vbmi ${x86_avx512} -mavx512vbmi)
  set(x86_amx ${x86_avx512} -mamx-tile -mamx-int8)
  set(aarch64_neon -march=armv8-a)
  set(aarch64_dotprod -march=armv8.2-a+dotprod)
  set(aarch64_i8mm -march=armv8.2-a+dotprod+i8mm)
  set(arm_neon -march=armv7-a -mfpu=neon-vfpv4)
  set(known avx2 avxvnni avx512 avx512vnni avx512vbmi amx neon dotprod i8mm)
  if(NOT ARG_ISA IN_LIST known)
    message(FATAL_ERROR "plumb_isa: unknown instruction set ${ARG_ISA}; expected one of ${known}")
  endif()
  set_property(SOURCE ${ARG_FILE} APPEND PROPERTY COMPILE_OPTIONS ${${architecture}_${ARG_ISA}})
endfunction()
