// Node.js with TLS, which admits only the callers that are named here. Made by pkictl <version>.
// Use:   const { options, admit } = require('./tls-server.cjs')   (or: import { options, admit } from './tls-server.cjs')
//        admit(require('node:https').createServer(options, app)).listen(8443)   (app: a function, or an Express application)
// Check: openssl s_client -connect HOST:8443 -CAfile ca.crt -verify_return_error -cert tls.crt -cert_chain tls.crt -key tls.key   (with a client's files)
// Log:   server.on('tlsClientError', (error, socket) => console.error('refused: %s', socket.authorizationError ?? error.code))
// Renew: server.setSecureContext({ ...options, cert, key }) with the new files, or restart.
'use strict'
const { readFileSync } = require('node:fs')

exports.options = {
  // The certificate, then the intermediates; no root.
  cert: readFileSync("/etc/tls/tls.crt"),
  key: readFileSync("/etc/tls/tls.key"),
  ca: readFileSync("/etc/tls/ca.crt"),
  requestCert: true,
  rejectUnauthorized: true,
  minVersion: 'TLSv1.2',
  // TLS 1.3 keeps its suites only if they are in this list, too.
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305'
  ].join(':')
}

// The common names of the callers.
const admitted = new Set(["backend"])

// Closes the connection of everybody else before anything of it is read as HTTP, so that no route and no upgrade
// passes by. Must be called before the server listens.
exports.admit = (server) => {
  server.prependListener('secureConnection', (socket) => {
    // One common name is a text, several are a list, which is in no set.
    const name = socket.getPeerCertificate().subject?.CN
    if (socket.authorized && admitted.has(name)) return
    console.error('not admitted: %j', name)
    socket.destroy()
  })
  return server
}
