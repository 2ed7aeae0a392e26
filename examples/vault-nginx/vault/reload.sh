# The agent runs this when there is a new certificate: nginx, if it is there already, loads it without a restart.
[ ! -e log/assets.pid ] || kill -HUP "$(cat log/assets.pid)"
