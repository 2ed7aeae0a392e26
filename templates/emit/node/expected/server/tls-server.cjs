// Node.js with TLS. Made by pkictl <version>.
// Use:   const { options } = require('./tls-server.cjs')   (or: import { options } from './tls-server.cjs')
//        require('node:https').createServer(options, app).listen(8443)   (app: a function, or an Express application)
// Check: openssl s_client -connect HOST:8443 -CAfile ca.crt -verify_return_error
// Renew: server.setSecureContext({ ...options, cert, key }) with the new files, or restart.
'use strict'
const { readFileSync } = require('node:fs')

exports.options = {
  // The certificate, then the intermediates; no root.
  cert: readFileSync("/etc/tls/tls.crt"),
  key: readFileSync("/etc/tls/tls.key"),
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
