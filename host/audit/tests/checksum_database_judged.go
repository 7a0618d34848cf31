// Judges what the audit log writes with the packages behind Go's checksum database: notes, checkpoints, tiles,
// proofs. Parsing of C2SP's texts is written here anew, from the format's words.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if len(os.Args) < 4 {
		fail("usage: judge note|tiles|inclusion|consistency verifier file...")
	}
	verifier, err := note.NewVerifier(os.Args[2])
	check(err)
	files := os.Args[3:]
	switch os.Args[1] {
	case "note":
		fmt.Print(open(verifier, read(files[0])))
	case "tiles":
		tiles(verifier, files[0])
	case "inclusion":
		inclusion(verifier, string(read(files[0])), read(files[1]))
	case "consistency":
		consistency(verifier, string(read(files[0])), read(files[1]))
	default:
		fail("no such judge: " + os.Args[1])
	}
}

// Every leaf of a folder, through tiles that Go authenticates against the signed root.
func tiles(verifier note.Verifier, folder string) {
	tree := checkpoint(verifier, read(filepath.Join(folder, "checkpoint")))
	reader := tlog.TileHashReader(tree, files(folder))
	for first := int64(0); first < tree.N; first += 256 {
		width := min(256, tree.N-first)
		name := strings.Replace(tlog.Tile{H: 8, L: -1, N: first / 256, W: int(width)}.Path(), "tile/8/data/", "tile/entries/", 1)
		bundle := read(filepath.Join(folder, name))
		for index := first; index < first+width; index++ {
			length := int(binary.BigEndian.Uint16(bundle))
			leaf := bundle[2 : 2+length]
			bundle = bundle[2+length:]
			hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
			check(err)
			if hashes[0] != tlog.RecordHash(leaf) {
				fail(fmt.Sprintf("leaf %d is another", index))
			}
			proof, err := tlog.ProveRecord(tree.N, index, reader)
			check(err)
			check(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(leaf)))
		}
		if len(bundle) != 0 {
			fail("a bundle has bytes behind its last leaf")
		}
	}
	fmt.Printf("%d leaves\n", tree.N)
}

// C2SP's tlog-proof.
func inclusion(verifier note.Verifier, text string, leaf []byte) {
	head, signed, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		fail("no tlog-proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	check(err)
	tree := checkpoint(verifier, []byte(signed))
	check(tlog.CheckRecord(hashes(lines[2:]), tree.N, tree.Hash, index, tlog.RecordHash(leaf)))
	fmt.Printf("leaf %d of %d\n", index, tree.N)
}

// The body of C2SP's tlog-witness request.
func consistency(verifier note.Verifier, text string, earlier []byte) {
	head, signed, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	old, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "old "), 10, 64)
	check(err)
	before, now := checkpoint(verifier, earlier), checkpoint(verifier, []byte(signed))
	if before.N != old {
		fail("it is about another checkpoint")
	}
	check(tlog.CheckTree(hashes(lines[1:]), now.N, now.Hash, before.N, before.Hash))
	fmt.Printf("%d to %d\n", before.N, now.N)
}

type files string

func (folder files) Height() int { return 8 }

func (folder files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		// Go has the height in the path, C2SP has not.
		name := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		content, err := os.ReadFile(filepath.Join(string(folder), name))
		if err != nil {
			return nil, err
		}
		data[i] = content
	}
	return data, nil
}

func (folder files) SaveTiles([]tlog.Tile, [][]byte) {}

func checkpoint(verifier note.Verifier, signed []byte) tlog.Tree {
	lines := strings.Split(open(verifier, signed), "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		fail("no checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := tlog.ParseHash(lines[2])
	check(err)
	return tlog.Tree{N: size, Hash: root}
}

func open(verifier note.Verifier, signed []byte) string {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	check(err)
	return opened.Text
}

func hashes(lines []string) []tlog.Hash {
	var all []tlog.Hash
	for _, line := range lines {
		raw, err := base64.StdEncoding.DecodeString(line)
		check(err)
		var hash tlog.Hash
		if copy(hash[:], raw) != tlog.HashSize || len(raw) != tlog.HashSize {
			fail("a line is no hash")
		}
		all = append(all, hash)
	}
	return all
}

func read(path string) []byte {
	data, err := os.ReadFile(path)
	check(err)
	return data
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

func check(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, why)
	os.Exit(1)
}
