package mention

import "slices"

// trie finds which of many words begin at a position. The children of a node
// lie side by side in order of their letter, so a hundred thousand names are one
// slice, and a message costs a few steps for each of its characters.
type trie struct {
	nodes []node
	first [hans]int32 // child of the root for the letters that nearly all names begin with
}

// The Chinese characters of daily use, for which the root needs no search.
const (
	firstHan = 0x4e00
	hans     = 0x5200
)

type node struct {
	letter   rune
	word     int32 // which word ends here, -1 none
	kids     int32 // index of the first child
	children int32
}

// newTrie makes the trie of words without duplicates; a match gives back a
// word's position in the slice.
func newTrie(words [][]rune) *trie {
	order := make([]int32, len(words))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return slices.Compare(words[a], words[b]) })
	t := &trie{nodes: []node{{word: -1}}}
	type span struct{ node, from, to, depth int }
	for queue := []span{{0, 0, len(order), 0}}; len(queue) > 0; queue = queue[1:] {
		q := queue[0]
		if q.from < q.to && len(words[order[q.from]]) == q.depth {
			t.nodes[q.node].word = order[q.from]
			q.from++
		}
		t.nodes[q.node].kids = int32(len(t.nodes))
		for i := q.from; i < q.to; {
			letter, j := words[order[i]][q.depth], i
			for j < q.to && words[order[j]][q.depth] == letter {
				j++
			}
			queue = append(queue, span{len(t.nodes), i, j, q.depth + 1})
			t.nodes = append(t.nodes, node{letter: letter, word: -1})
			t.nodes[q.node].children++
			i = j
		}
	}
	for i := t.nodes[0].kids; i < t.nodes[0].kids+t.nodes[0].children; i++ {
		if at := t.nodes[i].letter - firstHan; at >= 0 && at < hans {
			t.first[at] = i
		}
	}
	return t
}

// step is the child of a node for a letter, or -1.
func (t *trie) step(at int32, letter rune) int32 {
	if i := letter - firstHan; at == 0 && i >= 0 && i < hans {
		if t.first[i] == 0 { // the root, which is nobody's child
			return -1
		}
		return t.first[i]
	}
	n := &t.nodes[at]
	low, high := n.kids, n.kids+n.children
	for low < high {
		if mid := (low + high) / 2; t.nodes[mid].letter < letter {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low < n.kids+n.children && t.nodes[low].letter == letter {
		return low
	}
	return -1
}

// each calls found for every word that begins at the position, shortest first.
func (t *trie) each(text []rune, from int, found func(word, end int)) {
	for at, i := int32(0), from; i < len(text); i++ {
		if at = t.step(at, text[i]); at < 0 {
			return
		}
		if w := t.nodes[at].word; w >= 0 {
			found(int(w), i+1)
		}
	}
}

// longest is the longest word that begins at the position; end is from when
// none does.
func (t *trie) longest(text []rune, from int) (word, end int) {
	word, end = -1, from
	t.each(text, from, func(w, e int) { word, end = w, e })
	return word, end
}

// longestBack is the longest word that ends before the position, in a trie of
// words written backwards.
func (t *trie) longestBack(text []rune, to, least int) (word, start int) {
	word, start = -1, to
	for at, i := int32(0), to-1; i >= least; i-- {
		if at = t.step(at, text[i]); at < 0 {
			break
		}
		if w := t.nodes[at].word; w >= 0 {
			word, start = int(w), i
		}
	}
	return word, start
}
