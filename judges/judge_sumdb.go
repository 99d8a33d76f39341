// golang.org/x/mod/sumdb, which checks Go's own modules, reads the log over HTTP: note.Open opens the
// checkpoints, tlog.TileHashReader proves the tiles, tlog.CheckRecord and tlog.CheckTree check proofs.
//
// Its tiles of height 8 are those of C2SP tlog-tiles; only the path has the height in it.
//
//	judge_sumdb URL VKEY KEPT
package main

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	refused      = 3
	height       = 8
	width        = 1 << height
	randomPlaces = 200
)

// Set by the linker: the version of x/mod.
var version = "unknown"

// A breakdown is no judgement: the log could not be read at all.
type breakdown struct{ error }

type reader struct {
	url   string
	tiles map[string][]byte
}

func (r *reader) get(name string) ([]byte, error) {
	answer, err := http.Get(r.url + "/" + name)
	if err != nil {
		return nil, breakdown{err}
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, breakdown{fmt.Errorf("%s answers %s", name, answer.Status)}
	}
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, breakdown{err}
	}
	return content, nil
}

func (r *reader) Height() int { return height }

func (r *reader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		name := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		content, known := r.tiles[name]
		if !known {
			var err error
			if content, err = r.get(name); err != nil {
				return nil, err
			}
			r.tiles[name] = content
		}
		found = append(found, content)
	}
	return found, nil
}

func (r *reader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r *reader) entries(size int64) ([][]byte, error) {
	var found [][]byte
	for start := int64(0); start < size; start += width {
		tile := tlog.Tile{H: height, L: 0, N: start / width, W: width}
		if size-start < width {
			tile.W = int(size - start)
		}
		name := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
		packed, err := r.get(name)
		if err != nil {
			return nil, err
		}
		for len(packed) > 0 {
			if len(packed) < 2 || len(packed) < 2+int(binary.BigEndian.Uint16(packed)) {
				return nil, fmt.Errorf("%s is cut short", name)
			}
			end := 2 + int(binary.BigEndian.Uint16(packed))
			found = append(found, packed[2:end])
			packed = packed[end:]
		}
	}
	if int64(len(found)) != size {
		return nil, fmt.Errorf("%d entries instead of %d", len(found), size)
	}
	return found, nil
}

func head(raw []byte, key note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(raw, note.VerifierList(key))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %w", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != key.Name() {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint of %s: %q", key.Name(), opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, fmt.Errorf("not a root: %s", lines[2])
	}
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree, nil
}

func heads(kept string, key note.Verifier) ([]tlog.Tree, error) {
	names, err := filepath.Glob(filepath.Join(kept, "*"))
	if err != nil {
		return nil, breakdown{err}
	}
	var found []tlog.Tree
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, breakdown{err}
		}
		tree, err := head(raw, key)
		if err != nil {
			return nil, err
		}
		found = append(found, tree)
	}
	sort.Slice(found, func(a, b int) bool { return found[a].N < found[b].N })
	return found, nil
}

func places(size int64) []int64 {
	found := map[int64]bool{}
	for _, edge := range []int64{0, 1, 255, 256, 257, 65534, 65535, 65536, 65537, size - 1} {
		found[edge] = true
	}
	for len(found) < randomPlaces+10 {
		found[rand.Int63n(size)] = true
	}
	var indexes []int64
	for index := range found {
		indexes = append(indexes, index)
	}
	return indexes
}

// Every leaf in the tiles, each tile proved up to the root, is the hash of the entry at its place.
func checkAll(entries [][]byte, hashes tlog.HashReader) error {
	var stored []int64
	for index := range entries {
		stored = append(stored, tlog.StoredHashIndex(0, int64(index)))
	}
	leaves, err := hashes.ReadHashes(stored)
	if err != nil {
		return err
	}
	for index, entry := range entries {
		if tlog.RecordHash(entry) != leaves[index] {
			return fmt.Errorf("entry %d is not the one in the tree", index)
		}
	}
	return nil
}

func checkEntry(tree tlog.Tree, index int64, entry []byte, hashes tlog.HashReader) error {
	proof, err := tlog.ProveRecord(tree.N, index, hashes)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		return fmt.Errorf("entry %d: %w", index, err)
	}
	return nil
}

func checkGrowth(old, grown tlog.Tree, hashes tlog.HashReader) error {
	proof, err := tlog.ProveTree(grown.N, old.N, hashes)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, grown.N, grown.Hash, old.N, old.Hash); err != nil {
		return fmt.Errorf("from %d to %d entries: %w", old.N, grown.N, err)
	}
	return nil
}

func judge(url, vkey, kept string) (string, error) {
	log := &reader{url, map[string][]byte{}}
	key, err := note.NewVerifier(vkey)
	if err != nil {
		return "", err
	}
	older, err := heads(kept, key)
	if err != nil {
		return "", err
	}
	served, err := log.get("checkpoint")
	if err != nil {
		return "", err
	}
	newest, err := head(served, key)
	if err != nil {
		return "", err
	}
	entries, err := log.entries(newest.N)
	if err != nil {
		return "", err
	}
	hashes := tlog.TileHashReader(newest, log)
	if err := checkAll(entries, hashes); err != nil {
		return "", err
	}
	lookedAt := places(newest.N)
	for _, index := range lookedAt {
		if err := checkEntry(newest, index, entries[index], hashes); err != nil {
			return "", err
		}
	}
	trees, pairs := append(older, newest), 0
	for at, grown := range trees {
		for _, old := range trees[:at] {
			pairs++
			if err := checkGrowth(old, grown, hashes); err != nil {
				return "", err
			}
		}
	}
	return fmt.Sprintf("x/mod/sumdb %s with %s: %d entries in %d tiles, %d signed checkpoints, "+
		"%d inclusion and %d consistency proofs", version, runtime.Version(), len(entries),
		len(log.tiles), len(trees), len(lookedAt), pairs), nil
}

func main() {
	rand.Seed(time.Now().UnixNano())
	line, err := judge(os.Args[1], os.Args[2], os.Args[3])
	if err == nil {
		fmt.Println(line)
		return
	}
	fmt.Fprintln(os.Stderr, err)
	if errors.As(err, &breakdown{}) {
		os.Exit(1)
	}
	os.Exit(refused)
}
