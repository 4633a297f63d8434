# What `cmake --install` installs, and the Debian package that `cpack` makes of it.
include(GNUInstallDirs)

install(TARGETS mboxferry RUNTIME)
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN decisions EXCLUDE)
install(DIRECTORY jobs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)

# Manual pages and completion come from the program, so that they cannot say anything else.
set(pages ${PROJECT_BINARY_DIR}/pages)
set(installed_pages "")
function(mboxferry_page file folder)
  add_custom_command(OUTPUT ${pages}/${file}
                     COMMAND mboxferry help ${ARGN} > ${pages}/${file}
                     DEPENDS mboxferry VERBATIM)
  install(FILES ${pages}/${file} DESTINATION ${folder})
  set(installed_pages ${installed_pages} ${pages}/${file} PARENT_SCOPE)
endfunction()

file(MAKE_DIRECTORY ${pages})
mboxferry_page(mboxferry.1 ${CMAKE_INSTALL_MANDIR}/man1 man)
foreach(command scan migrate batch verify retry status report jobs forget senders dns dmarc auth)
  mboxferry_page(mboxferry-${command}.1 ${CMAKE_INSTALL_MANDIR}/man1 man ${command})
endforeach()
mboxferry_page(mboxferry ${CMAKE_INSTALL_DATADIR}/bash-completion/completions completion bash)
mboxferry_page(_mboxferry ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions completion zsh)
mboxferry_page(mboxferry.fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d completion fish)
# A program with sanitizers is installed by nobody.
if(NOT MBOXFERRY_SANITIZE)
  add_custom_target(pages ALL DEPENDS ${installed_pages})
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The mboxferry team <team@mboxferry.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "moves mail archives into IMAP mailboxes, exactly once")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION mail)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS libcurl4)  # loaded by the commands that use HTTPS
set(CPACK_STRIP_FILES ON)
include(CPack)
