// SPDX-License-Identifier: Apache-2.0
// Judge: does the journal keep the promises of its formats? It trusts none of
// our code: notes and trees are those of Go's checksum database
// (golang.org/x/mod/sumdb), tiles are asked as c2sp.org/tlog-tiles says.
//
//	judge export DIR [OLD]		an export; OLD: a checkpoint kept earlier
//	judge fetch URL VKEY [OLD]	a log served over HTTP
//	judge cosigned FILE VKEY WVKEY	a checkpoint, cosigned by that witness
//	judge proof FILE VKEY LEAF [WVKEY...]	a .tlog-proof; LEAF: file of the exact
//					bytes; cosigned by each of these witnesses
//
// Prints "ok SIZE", or the first doubt and exits 1.
package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type checkpoint struct {
	origin string
	tree   tlog.Tree
}

// The same key under the name a log had before it began anew.
func renamed(msg []byte, vkey string) string {
	name, _, _ := strings.Cut(string(msg), "\n")
	parts := strings.SplitN(strings.TrimSpace(vkey), "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 {
		return vkey
	}
	v, err := note.NewEd25519VerifierKey(name, ed25519.PublicKey(key[1:]))
	if err != nil {
		return vkey
	}
	return v
}

func readCheckpoint(msg []byte, vkey string) (checkpoint, error) {
	var c checkpoint
	verifier, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return c, err
	}
	n, err := note.Open(msg, note.VerifierList(verifier))
	if err != nil {
		return c, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return c, fmt.Errorf("not a checkpoint of %s", verifier.Name())
	}
	c.origin = lines[0]
	if c.tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return c, err
	}
	c.tree.Hash, err = tlog.ParseHash(lines[2])
	return c, err
}

// consistent proves that the tree of r continues the old checkpoint.
func consistent(old checkpoint, now checkpoint, r tlog.HashReader) error {
	if old.origin != now.origin {
		return errors.New("the old checkpoint is of another log")
	}
	if old.tree.N == 0 {
		return nil
	}
	p, err := tlog.ProveTree(now.tree.N, old.tree.N, r)
	if err != nil {
		return err
	}
	return tlog.CheckTree(p, now.tree.N, now.tree.Hash, old.tree.N,
		old.tree.Hash)
}

func included(now checkpoint, n int64, leaf []byte, r tlog.HashReader) error {
	p, err := tlog.ProveRecord(now.tree.N, n, r)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(p, now.tree.N, now.tree.Hash, n,
		tlog.RecordHash(leaf))
}

type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x >= int64(len(h)) {
			return nil, fmt.Errorf("no hash %d", x)
		}
		out[i] = h[x]
	}
	return out, nil
}

// ---- an export ----

func readEntries(dir string) (leaves [][]byte, err error) {
	f, err := os.Open(filepath.Join(dir, "entries.jsonl"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e struct {
			Seq  *int64 `json:"seq"`
			Leaf []byte `json:"leaf"`
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, err
		}
		if e.Seq == nil || *e.Seq != int64(len(leaves)) {
			return nil, fmt.Errorf("entry %d is not in its place",
				len(leaves))
		}
		leaves = append(leaves, e.Leaf)
	}
	return leaves, lines.Err()
}

func judgeExport(dir string, old string) (int64, error) {
	vkey, err := os.ReadFile(filepath.Join(dir, "vkey"))
	if err != nil {
		return 0, err
	}
	msg, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return 0, err
	}
	now, err := readCheckpoint(msg, string(vkey))
	if err != nil {
		return 0, err
	}
	leaves, err := readEntries(dir)
	if err != nil {
		return 0, err
	}
	if int64(len(leaves)) != now.tree.N {
		return 0, fmt.Errorf("%d entries, %d were signed", len(leaves),
			now.tree.N)
	}
	var stored hashes
	for i, leaf := range leaves {
		h, err := tlog.StoredHashes(int64(i), leaf, stored)
		if err != nil {
			return 0, err
		}
		stored = append(stored, h...)
	}
	if now.tree.N > 0 {
		root, err := tlog.TreeHash(now.tree.N, stored)
		if err != nil {
			return 0, err
		}
		if root != now.tree.Hash {
			return 0, errors.New("the root is not the one signed")
		}
	}
	for i := int64(0); i < now.tree.N; i += 1 + now.tree.N/97 {
		if err := included(now, i, leaves[i], stored); err != nil {
			return 0, err
		}
	}
	if old != "" {
		msg, err := os.ReadFile(old)
		if err != nil {
			return 0, err
		}
		before, err := readCheckpoint(msg, renamed(msg, string(vkey)))
		if err != nil {
			return 0, err
		}
		before.origin = now.origin	// of the same key, before it began anew
		if err := consistent(before, now, stored); err != nil {
			return 0, err
		}
	}
	return now.tree.N, nil
}

// ---- a log over HTTP ----

var client = http.Client{}

func get(url string) ([]byte, error) {
	r, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err == nil && r.StatusCode != 200 {
		err = fmt.Errorf("%s: %s", url, r.Status)
	}
	return body, err
}

// path: c2sp.org/tlog-tiles; Go's own layout has the height in it.
func path(level string, n int64, width int) string {
	p := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		p = fmt.Sprintf("x%03d/%s", n%1000, p)
	}
	if width < 256 {
		p += fmt.Sprintf(".p/%d", width)
	}
	return "tile/" + level + "/" + p
}

type served struct{ url string }

func (s served) Height() int                               { return 8 }
func (s served) SaveTiles(tiles []tlog.Tile, data [][]byte) {}
func (s served) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range tiles {
		data, err := get(s.url + "/" + path(strconv.Itoa(t.L), t.N, t.W))
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

func judgeBundle(url string, now checkpoint, n int64, r tlog.HashReader) error {
	width := 256
	if rest := now.tree.N - n*256; rest < 256 {
		width = int(rest)
	}
	data, err := get(url + "/" + path("entries", n, width))
	if err != nil {
		return err
	}
	for i := 0; i < width; i++ {
		if len(data) < 2 {
			return fmt.Errorf("bundle %d is short", n)
		}
		size := int(binary.BigEndian.Uint16(data))
		if len(data) < 2+size {
			return fmt.Errorf("bundle %d is short", n)
		}
		leaf := data[2 : 2+size]
		data = data[2+size:]
		h, err := r.ReadHashes([]int64{tlog.StoredHashIndex(0,
			n*256+int64(i))})
		if err != nil {
			return err
		}
		if h[0] != tlog.RecordHash(leaf) {
			return fmt.Errorf("entry %d is not the one in the tree",
				n*256+int64(i))
		}
	}
	if len(data) != 0 {
		return fmt.Errorf("bundle %d is too long", n)
	}
	return nil
}

func judgeFetch(url, vkey, old string) (int64, error) {
	msg, err := get(url + "/checkpoint")
	if err != nil {
		return 0, err
	}
	now, err := readCheckpoint(msg, vkey)
	if err != nil {
		return 0, err
	}
	r := tlog.TileHashReader(now.tree, served{url})
	for n := int64(0); n*256 < now.tree.N; n++ {
		if err := judgeBundle(url, now, n, r); err != nil {
			return 0, err
		}
	}
	if old != "" {
		msg, err := os.ReadFile(old)
		if err != nil {
			return 0, err
		}
		before, err := readCheckpoint(msg, vkey)
		if err != nil {
			return 0, err
		}
		if err := consistent(before, now, r); err != nil {
			return 0, err
		}
	}
	return now.tree.N, nil
}

// ---- one proof (c2sp.org/tlog-proof) ----

func judgeProof(file, vkey, leafFile string, witnesses []string) (int64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	leaf, err := os.ReadFile(leafFile)
	if err != nil {
		return 0, err
	}
	head, msg, found := bytes.Cut(text, []byte("\n\n"))
	if !found {
		return 0, errors.New("no empty line")
	}
	lines := strings.Split(string(head), "\n")
	if len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" ||
		!strings.HasPrefix(lines[1], "index ") {
		return 0, errors.New("not a proof")
	}
	n, err := strconv.ParseInt(lines[1][len("index "):], 10, 64)
	if err != nil {
		return 0, err
	}
	var p tlog.RecordProof
	for _, line := range lines[2:] {
		var h tlog.Hash
		b, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(b) != len(h) {
			return 0, errors.New("not a hash: " + line)
		}
		copy(h[:], b)
		p = append(p, h)
	}
	now, err := readCheckpoint(msg, vkey)
	if err != nil {
		return 0, err
	}
	for _, w := range witnesses {
		witness, err := readCosigner(w)
		if err != nil {
			return 0, err
		}
		if _, err := note.Open(msg, note.VerifierList(witness)); err != nil {
			return 0, err
		}
	}
	return n, tlog.CheckRecord(p, now.tree.N, now.tree.Hash, n,
		tlog.RecordHash(leaf))
}

// ---- cosignatures (c2sp.org/tlog-cosignature), under Go's own note ----

type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	text := fmt.Sprintf("cosignature/v1\ntime %d\n%s", at, msg)
	return ed25519.Verify(c.key, []byte(text), sig[8:])
}

func readCosigner(vkey string) (cosigner, error) {
	var c cosigner
	parts := strings.SplitN(strings.TrimSpace(vkey), "+", 3)
	if len(parts) != 3 {
		return c, errors.New("not a verifier key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		return c, errors.New("not a witness's verifier key")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	c = cosigner{parts[0], binary.BigEndian.Uint32(sum[:]), key[1:]}
	if fmt.Sprintf("%08x", c.hash) != parts[1] {
		return c, errors.New("the id of the witness's key is wrong")
	}
	return c, nil
}

func judgeCosigned(file, vkey, wvkey string) (int64, error) {
	msg, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	c, err := readCheckpoint(msg, vkey)
	if err != nil {
		return 0, err
	}
	witness, err := readCosigner(wvkey)
	if err != nil {
		return 0, err
	}
	_, err = note.Open(msg, note.VerifierList(witness))
	return c.tree.N, err
}

func trust(ca string) {
	pem, err := os.ReadFile(ca)
	if err != nil {
		return
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client.Transport = &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots}}
}

func main() {
	witnesses := []string{}
	if len(os.Args) > 5 {
		witnesses = os.Args[5:]
	}
	args := append(os.Args[1:], "", "", "", "")
	var n int64
	err := errors.New("usage: judge export|fetch|proof ...")
	trust(os.Getenv("JUDGE_CA"))
	switch args[0] {
	case "export":
		n, err = judgeExport(args[1], args[2])
	case "fetch":
		n, err = judgeFetch(args[1], args[2], args[3])
	case "cosigned":
		n, err = judgeCosigned(args[1], args[2], args[3])
	case "proof":
		n, err = judgeProof(args[1], args[2], args[3], witnesses)
	}
	if err != nil {
		fmt.Println("doubt:", err)
		os.Exit(1)
	}
	fmt.Println("ok", n)
}
