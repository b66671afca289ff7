package commands

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// vault seals personal data with an account's key (AES-256-GCM, a fresh nonce
// for each text). Destroying the key destroys the data wherever it was copied.
type vault struct {
	key    []byte
	random func([]byte)
}

func newVault(random func([]byte)) vault {
	key := make([]byte, 32)
	random(key)
	return vault{key, random}
}

// vaultOf is an account's; NotFound when there is no account, or it is deleted.
func (d Desk) vaultOf(ctx context.Context, account uuid.UUID) (vault, error) {
	key, err := d.Secrets.Secret(ctx, vaultSecret(account))
	if domain.CodeOf(err) == domain.NotFound {
		return vault{}, domain.Errorf(domain.NotFound, "there is no account %s", account)
	}
	return vault{key.Value, d.Random}, err
}

func (v vault) sealAll(texts []string) []domain.Sealed {
	sealed := make([]domain.Sealed, len(texts))
	for i, text := range texts {
		sealed[i] = v.seal(text)
	}
	return sealed
}

func (v vault) seal(text string) domain.Sealed {
	if text == "" {
		return ""
	}
	aead := v.aead()
	nonce := make([]byte, aead.NonceSize())
	v.random(nonce)
	return domain.Sealed(base64.RawStdEncoding.EncodeToString(aead.Seal(nonce, nonce, []byte(text), nil)))
}

// open reads what was sealed. It answers an error for what another key has
// sealed, or has been changed.
func (v vault) open(sealed domain.Sealed) (string, error) {
	if clear, ok := sealed.Clear(); ok {
		return clear, nil
	}
	raw, err := base64.RawStdEncoding.DecodeString(string(sealed))
	aead := v.aead()
	if err != nil || len(raw) < aead.NonceSize() {
		return "", errors.New("sealed text is damaged")
	}
	plain, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], nil)
	return string(plain), err
}

// aead cannot fail: the key has the length that AES wants.
func (v vault) aead() cipher.AEAD {
	block, err := aes.NewCipher(v.key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}
