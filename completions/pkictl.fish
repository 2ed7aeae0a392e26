complete --keep-order --exclusive --command pkictl --arguments "(COMPLETE=fish pkictl -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
