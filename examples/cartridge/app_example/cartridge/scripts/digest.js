'use strict'

var MessageDigest = require('dw/crypto/MessageDigest')
var Encoding = require('dw/crypto/Encoding')
var Bytes = require('dw/util/Bytes')

module.exports = function (text) {
  if (empty(text)) return null
  return Encoding.toHex(new MessageDigest(MessageDigest.DIGEST_SHA_256).digestBytes(new Bytes(text, 'UTF-8')))
}
