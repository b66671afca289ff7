package tls

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"hash"
	"slices"
)

// protections are the suites whose records can be made by hand.
var protections = map[suite]struct {
	key, iv int // bytes
	mac     func() hash.Hash
	prf     func() hash.Hash // of TLS 1.2
	block   func(key []byte) (cipher.Block, error)
}{
	"TLS_RSA_WITH_AES_128_GCM_SHA256":         {16, 4, nil, sha256.New, aes.NewCipher},
	"TLS_RSA_WITH_AES_256_GCM_SHA384":         {32, 4, nil, sha512.New384, aes.NewCipher},
	"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256":   {16, 4, nil, sha256.New, aes.NewCipher},
	"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384":   {32, 4, nil, sha512.New384, aes.NewCipher},
	"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": {16, 4, nil, sha256.New, aes.NewCipher},
	"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": {32, 4, nil, sha512.New384, aes.NewCipher},
	"TLS_RSA_WITH_AES_128_CBC_SHA":            {16, 16, sha1.New, sha256.New, aes.NewCipher},
	"TLS_RSA_WITH_AES_256_CBC_SHA":            {32, 16, sha1.New, sha256.New, aes.NewCipher},
	"TLS_RSA_WITH_AES_128_CBC_SHA256":         {16, 16, sha256.New, sha256.New, aes.NewCipher},
	"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA":      {16, 16, sha1.New, sha256.New, aes.NewCipher},
	"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA":      {32, 16, sha1.New, sha256.New, aes.NewCipher},
	"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256":   {16, 16, sha256.New, sha256.New, aes.NewCipher},
	"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA":    {16, 16, sha1.New, sha256.New, aes.NewCipher},
	"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA":    {32, 16, sha1.New, sha256.New, aes.NewCipher},
	"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256": {16, 16, sha256.New, sha256.New, aes.NewCipher},
	"TLS_RSA_WITH_3DES_EDE_CBC_SHA":           {24, 8, sha1.New, sha256.New, des.NewTripleDESCipher},
	"TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA":     {24, 8, sha1.New, sha256.New, des.NewTripleDESCipher},
}

// protection is one direction of a session (RFC 5246, 6.2.3; RFC 5288).
type protection struct {
	version uint16
	block   cipher.Block
	mac     hash.Hash // nil with GCM
	iv      []byte    // the fixed part of the nonce with GCM; else TLS 1.0's chaining
	number  uint64    // of the next record
}

// protect derives both directions from a master secret.
func protect(s suite, version uint16, master, client, server []byte) (out, in *protection) {
	p := protections[s]
	macs := 0
	if p.mac != nil {
		macs = p.mac().Size()
	}
	seed := slices.Concat([]byte("key expansion"), server, client)
	material := cursor{prf(version, p.prf, master, seed, 2*(macs+p.key+p.iv))}
	sides := [2]*protection{{version: version, number: 1}, {version: version, number: 1}}
	keys := [2][]byte{}
	for i := range sides {
		if secret := material.bytes(macs); macs > 0 {
			sides[i].mac = hmac.New(p.mac, secret)
		}
	}
	for i := range sides {
		keys[i] = material.bytes(p.key)
	}
	for i := range sides {
		sides[i].iv = material.bytes(p.iv)
		sides[i].block, _ = p.block(keys[i]) // the key is as long as it should be
	}
	return sides[0], sides[1]
}

// resume takes TLS 1.0's chaining from the last record that was sent.
func (p *protection) resume(passed []byte) {
	if p.mac != nil && len(passed) >= len(p.iv) {
		p.iv = slices.Clone(passed[len(passed)-len(p.iv):])
	}
}

// spoil is how a CBC record is put together from its content and right MAC;
// its result is encrypted as it is.
type spoil func(content, mac []byte, block int) []byte

// plainly puts a record together as it should be.
func plainly(content, mac []byte, block int) []byte {
	return padded(slices.Concat(content, mac), block)
}

// padded adds TLS's padding, RFC 5246, 6.2.3.2.
func padded(b []byte, block int) []byte {
	n := block - len(b)%block
	return append(b, slices.Repeat([]byte{byte(n - 1)}, n)...)
}

// seal protects content. Spoiled matters to CBC alone.
func (p *protection) seal(kind byte, content []byte, spoiled spoil) []byte {
	defer func() { p.number++ }()
	if p.mac == nil {
		return p.sealGCM(kind, content)
	}
	plain := spoiled(content, p.sum(kind, content), p.block.BlockSize())
	iv := p.iv
	if p.version > tls10 {
		iv = make([]byte, p.block.BlockSize())
		rand.Read(iv) // never fails
	}
	sealed := make([]byte, len(plain))
	cipher.NewCBCEncrypter(p.block, iv).CryptBlocks(sealed, plain)
	if p.version == tls10 {
		p.iv = sealed[len(sealed)-p.block.BlockSize():]
		return sealed
	}
	return append(iv, sealed...)
}

func (p *protection) sealGCM(kind byte, content []byte) []byte {
	explicit := binary.BigEndian.AppendUint64(nil, p.number)
	gcm, _ := cipher.NewGCM(p.block) // fails only with blocks of other sizes
	return gcm.Seal(explicit, slices.Concat(p.iv, explicit), content, p.head(kind, len(content)))
}

func (p *protection) head(kind byte, size int) []byte {
	return slices.Concat(binary.BigEndian.AppendUint64(nil, p.number), []byte{kind}, words(p.version, uint16(size)))
}

func (p *protection) sum(kind byte, content []byte) []byte {
	p.mac.Reset()
	p.mac.Write(p.head(kind, len(content)))
	p.mac.Write(content)
	return p.mac.Sum(nil)
}

// open returns the content of a CBC record, without looking at its MAC; nil
// where it cannot be opened.
func (p *protection) open(_ byte, body []byte) []byte {
	size := p.block.BlockSize()
	if p.mac == nil || len(body) == 0 || len(body)%size != 0 {
		return nil
	}
	iv, sealed := p.iv, body
	if p.version > tls10 {
		iv, sealed = body[:size], body[size:]
	}
	if len(sealed) == 0 {
		return nil
	}
	plain := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(p.block, iv).CryptBlocks(plain, sealed)
	p.iv = sealed[len(sealed)-size:]
	end := len(plain) - 1 - int(plain[len(plain)-1]) - p.mac.Size()
	if end < 0 {
		return nil
	}
	return plain[:end]
}

// prf is TLS's pseudo-random function (RFC 5246, 5; RFC 2246, 5).
func prf(version uint16, h func() hash.Hash, secret, seed []byte, n int) []byte {
	if version >= tls12 {
		return expand(h, secret, seed, n)
	}
	half := (len(secret) + 1) / 2
	left := expand(md5.New, secret[:half], seed, n)
	for i, b := range expand(sha1.New, secret[len(secret)-half:], seed, n) {
		left[i] ^= b
	}
	return left
}

func expand(h func() hash.Hash, secret, seed []byte, n int) []byte {
	var out []byte
	mac := func(b ...[]byte) []byte {
		m := hmac.New(h, secret)
		m.Write(slices.Concat(b...))
		return m.Sum(nil)
	}
	for a := mac(seed); len(out) < n; a = mac(a) {
		out = append(out, mac(a, seed)...)
	}
	return out[:n]
}
