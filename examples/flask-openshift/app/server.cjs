// An Express service: node server.cjs TLS-SERVER.CJS PORT. Who may call it is in the emitted module.
'use strict'
const express = require('express')
const https = require('node:https')
const path = require('node:path')

const [tls, port] = process.argv.slice(2)
const { options, admit } = require(path.resolve(tls))
const app = express()
app.get('/', (request, response) => {
  const caller = request.socket.getPeerCertificate?.().subject?.CN ?? 'a customer'
  response.json({ answers: process.env.SERVICE, caller })
})
const server = https.createServer(options, app)
// There is one where callers are declared.
if (admit) admit(server)
server.on('tlsClientError', (error, socket) => console.error('refused: %s', socket.authorizationError ?? error.code))
server.listen(Number(port), '127.0.0.1')
