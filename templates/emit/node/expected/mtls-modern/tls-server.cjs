// Node.js with TLS, which admits only clients with a certificate from the authorities of ca.crt. Made by pkictl <version>.
// Use:   const { options } = require('./tls-server.cjs')   (or: import { options } from './tls-server.cjs')
//        require('node:https').createServer(options, app).listen(8443)   (app: a function, or an Express application)
// Check: openssl s_client -connect HOST:8443 -CAfile ca.crt -verify_return_error -cert tls.crt -cert_chain tls.crt -key tls.key   (with a client's files)
// Log:   server.on('tlsClientError', (error, socket) => console.error('refused: %s', socket.authorizationError ?? error.code))
// Renew: server.setSecureContext({ ...options, cert, key }) with the new files, or restart.
'use strict'
const { readFileSync } = require('node:fs')

exports.options = {
  // The certificate, then the intermediates; no root.
  cert: readFileSync("/it's here/\"tls\"/tls.crt"),
  key: readFileSync("/it's here/\"tls\"/tls.key"),
  ca: readFileSync("/it's here/\"tls\"/ca.crt"),
  requestCert: true,
  rejectUnauthorized: true,
  minVersion: 'TLSv1.3'
}
