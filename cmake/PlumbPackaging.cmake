# The shipped libraries, made of the folders' archives, whole; and what `cmake --install` puts where.
#
#   plumb_shared_library(NAME plumb_runtime ALIAS runtime EXPORTS runtime_exports.map FROM plumb_runtime_core plumb_vision)

include(CMakePackageConfigHelpers)

# Our static libraries behind `roots`, and the foreign ones that they need.
function(plumb_collect roots archives_variable foreign_variable)
  set(todo ${roots})
  set(archives)
  set(foreign)
  while(todo)
    list(POP_FRONT todo item)
    string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" item "${item}")
    if(item STREQUAL "plumb_options" OR item IN_LIST archives OR item IN_LIST foreign)
      continue()
    endif()
    if(item MATCHES "^plumb_" AND TARGET ${item})
      list(APPEND archives ${item})
      get_target_property(needed ${item} INTERFACE_LINK_LIBRARIES)
      if(needed)
        list(APPEND todo ${needed})
      endif()
    elseif(item)
      list(APPEND foreign "${item}")
    endif()
  endwhile()
  set(${archives_variable} ${archives} PARENT_SCOPE)
  set(${foreign_variable} ${foreign} PARENT_SCOPE)
endfunction()

function(plumb_shared_library)
  cmake_parse_arguments(ARG "" "NAME;ALIAS;EXPORTS" "FROM" ${ARGN})
  plumb_collect("${ARG_FROM}" archives foreign)
  set(files)
  foreach(archive IN LISTS archives)
    list(APPEND files $<TARGET_FILE:${archive}>)
  endforeach()
  file(WRITE "${PROJECT_BINARY_DIR}/generated/${ARG_NAME}.cc" "// Everything comes from the archives.\n")
  add_library(${ARG_NAME} SHARED "${PROJECT_BINARY_DIR}/generated/${ARG_NAME}.cc")
  add_library(plumb::${ARG_ALIAS} ALIAS ${ARG_NAME})
  add_dependencies(${ARG_NAME} ${archives})
  target_link_libraries(${ARG_NAME} PRIVATE plumb_options -Wl,--whole-archive ${files} -Wl,--no-whole-archive ${foreign})
  target_link_options(${ARG_NAME} PRIVATE
    "-Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/${ARG_EXPORTS}" -Wl,--gc-sections -Wl,--no-undefined -Wl,--as-needed)
  set_target_properties(${ARG_NAME} PROPERTIES
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR} EXPORT_NAME ${ARG_ALIAS}
    LINK_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/${ARG_EXPORTS}")
  target_include_directories(${ARG_NAME} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(${ARG_NAME} INTERFACE cxx_std_20)

  set(PLUMB_PC_LIBRARY ${ARG_NAME})
  configure_file("${PROJECT_SOURCE_DIR}/cmake/plumb.pc.in" "${PROJECT_BINARY_DIR}/${ARG_NAME}.pc" @ONLY)
  install(TARGETS ${ARG_NAME} EXPORT plumb_${ARG_ALIAS} COMPONENT ${ARG_ALIAS}
          LIBRARY NAMELINK_COMPONENT ${ARG_ALIAS})
  install(EXPORT plumb_${ARG_ALIAS} NAMESPACE plumb:: FILE plumb_${ARG_ALIAS}.cmake COMPONENT ${ARG_ALIAS}
          DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/plumb")
  install(FILES "${PROJECT_BINARY_DIR}/${ARG_NAME}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
          COMPONENT ${ARG_ALIAS})
endfunction()

plumb_shared_library(NAME plumb_runtime ALIAS runtime EXPORTS runtime_exports.map
  FROM plumb_runtime_core plumb_vision)

# Installs headers, by folder, with every header of ours that they include.
function(plumb_install_headers component)
  set(todo ${ARGN})
  set(done)
  while(todo)
    list(POP_FRONT todo header)
    if(header IN_LIST done)
      continue()
    endif()
    list(APPEND done ${header})
    get_filename_component(folder "${header}" DIRECTORY)
    install(FILES "${PROJECT_SOURCE_DIR}/${header}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/${folder}"
            COMPONENT ${component})
    file(STRINGS "${PROJECT_SOURCE_DIR}/${header}" includes REGEX "^#include \"plumb/")
    foreach(line IN LISTS includes)
      string(REGEX REPLACE "^#include \"(plumb/[^\"]+)\".*" "\\1" included "${line}")
      list(APPEND todo "${included}")
    endforeach()
  endwhile()
endfunction()

plumb_install_headers(runtime
  plumb/base/half.h plumb/base/hash.h plumb/runtime/plumb_runtime.h plumb/vision/classify.h plumb/vision/decode.h
  plumb/vision/nms.h)

# The whole: compiler, checks and everything around them. What embeds it includes plumb/api.
if(TARGET plumb_api)
  plumb_shared_library(NAME plumb_all ALIAS plumb EXPORTS exports.map FROM plumb_api)
  set_target_properties(plumb_all PROPERTIES OUTPUT_NAME plumb)
  plumb_install_headers(plumb
    plumb/api/bench.h plumb/api/convert.h plumb/api/detect.h plumb/api/eval.h plumb/api/export.h plumb/api/inspect.h
    plumb/api/model.h plumb/api/model_session.h plumb/api/progress.h plumb/api/run.h plumb/api/samples.h plumb/api/selftest.h plumb/api/stages.h
    plumb/api/version.h)
endif()

# What plumb bench --compare runs.
if(TARGET plumb_api)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/bench/" DESTINATION "${CMAKE_INSTALL_DATADIR}/plumb/bench" COMPONENT plumb
          FILES_MATCHING PATTERN "*.py" PATTERN "requirements.txt" PATTERN results EXCLUDE PATTERN __pycache__ EXCLUDE)
endif()

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/plumbConfig.cmake.in" "${PROJECT_BINARY_DIR}/plumbConfig.cmake"
  INSTALL_DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/plumb")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/plumbConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/plumbConfig.cmake" "${PROJECT_BINARY_DIR}/plumbConfigVersion.cmake"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/plumb" COMPONENT runtime)
