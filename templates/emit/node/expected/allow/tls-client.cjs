// Node.js as a client with a certificate, which trusts the authorities of ca.crt alone. Made by pkictl <version>.
// Use:   const { agent } = require('./tls-client.cjs')   (or: import { agent } from './tls-client.cjs')
//        require('node:https').get('https://HOST:8443/', { agent }, (response) => response.pipe(process.stdout))
//        (fetch takes no agent; axios and node-fetch do)
// Check: curl --cacert ca.crt --cert tls.crt --key tls.key https://HOST:8443/
'use strict'
const { readFileSync } = require('node:fs')
const https = require('node:https')

exports.options = {
  // The certificate, then the intermediates; no root.
  cert: readFileSync("/etc/tls-client/tls.crt"),
  key: readFileSync("/etc/tls-client/tls.key"),
  // Takes the place of the list that Node brings along. The host name is checked.
  ca: readFileSync("/etc/tls-client/ca.crt"),
  minVersion: 'TLSv1.2'
}
exports.agent = new https.Agent({ ...exports.options, keepAlive: true })
