package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Poller fetches the messages of one mailbox by IMAP.
type Poller struct {
	Addr     string // host:port
	User     string
	Password string
	Folder   string // "" INBOX
	Done     string // folder that taken messages are moved to; "" they are marked as seen
	TLS      string // as of Sender; Auto means TLS at port 993
	Roots    *tls.Config
	Bytes    int64 // longest message fetched whole; 25 MiB
	Most     int   // messages of one poll; 200
}

// Mark is how far a folder has been read. The server's numbers are valid for one
// Validity only; under another the folder is read from its beginning, and who
// takes the messages knows those he has.
type Mark struct {
	Validity uint32
	Last     uint32 // the highest number taken
}

// Poll hands over what arrived since the mark, oldest first, and returns the new
// mark, which the caller keeps. kept is called after each message that was taken.
// more reports that there is more than one poll fetches. An error leaves the mark
// where the last taken message has put it.
func (p *Poller) Poll(ctx context.Context, from Mark, take Taker, kept func(Mark) error) (to Mark, more bool, err error) {
	to = from
	c, stop, err := p.open(ctx)
	if err != nil {
		return to, false, err
	}
	defer stop()
	box, err := c.Select(p.folder(), nil).Wait()
	if err != nil {
		return to, false, fmt.Errorf("open folder: %w", err)
	}
	if box.UIDValidity != to.Validity {
		to = Mark{Validity: box.UIDValidity}
	}
	list, err := p.since(c, to.Last)
	if err != nil {
		return to, false, err
	}
	for _, uid := range list[:min(len(list), p.most())] {
		if err := p.one(ctx, c, uid, take); err != nil {
			return to, false, err
		}
		to.Last = uint32(uid)
		if err := kept(to); err != nil {
			return to, false, err
		}
		if err := p.done(c, uid); err != nil {
			return to, false, err
		}
	}
	return to, len(list) > p.most(), c.Logout().Wait()
}

func (p *Poller) folder() string {
	if p.Folder == "" {
		return "INBOX"
	}
	return p.Folder
}

func (p *Poller) most() int {
	if p.Most == 0 {
		return 200
	}
	return p.Most
}

func (p *Poller) bytes() int64 {
	if p.Bytes == 0 {
		return 25 << 20
	}
	return p.Bytes
}

// since are the numbers behind last, in order. A server answers "n:*" with its
// newest message even when that is older than n.
func (p *Poller) since(c *imapclient.Client, last uint32) (out []imap.UID, err error) {
	found, err := c.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{{imap.UIDRange{Start: imap.UID(last + 1), Stop: 0}}}}, nil).Wait()
	if err != nil {
		return nil, fmt.Errorf("look for messages: %w", err)
	}
	for _, uid := range found.AllUIDs() {
		if uint32(uid) > last {
			out = append(out, uid)
		}
	}
	return out, nil
}

// one fetches a message and has it taken. One that has vanished meanwhile, or
// that the server cannot give, is passed over: it is still in the mailbox.
func (p *Poller) one(ctx context.Context, c *imapclient.Client, uid imap.UID, take Taker) error {
	size, err := c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, RFC822Size: true}).Collect()
	if err != nil {
		return fmt.Errorf("size of a message: %w", err)
	}
	if len(size) == 0 {
		return nil
	}
	section := &imap.FetchItemBodySection{Peek: true}
	large := size[0].RFC822Size > p.bytes()
	if large {
		section.Partial = &imap.SectionPartial{Size: 64 << 10}
	}
	got, err := c.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		return fmt.Errorf("fetch a message: %w", err)
	}
	if len(got) == 0 || len(got[0].BodySection) == 0 {
		return nil
	}
	return take(ctx, Incoming{Via: "imap", Raw: got[0].BodySection[0].Bytes, Large: large})
}

// done marks a message as taken, so that a person who opens the mailbox sees it.
func (p *Poller) done(c *imapclient.Client, uid imap.UID) error {
	if p.Done != "" {
		if _, err := c.Move(imap.UIDSetNum(uid), p.Done).Wait(); err != nil {
			return fmt.Errorf("move a message: %w", err)
		}
		return nil
	}
	flags := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagSeen}}
	if err := c.Store(imap.UIDSetNum(uid), flags, nil).Close(); err != nil {
		return fmt.Errorf("mark a message: %w", err)
	}
	return nil
}

func (p *Poller) open(ctx context.Context) (*imapclient.Client, func(), error) {
	h, port, err := net.SplitHostPort(p.Addr)
	if err != nil {
		return nil, nil, fmt.Errorf("mailbox server %q: want host:port", p.Addr)
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.Addr)
	if err != nil {
		return nil, nil, errors.New("the mailbox server does not answer")
	}
	unhook := context.AfterFunc(ctx, func() { _ = conn.Close() })
	stop := func() { unhook(); _ = conn.Close() }
	c, err := p.protect(conn, h, port)
	if err == nil {
		err = c.Login(p.User, p.Password).Wait()
	}
	if err == nil && c.Caps().Has(imap.CapID) {
		_, err = c.ID(&imap.IDData{Name: "gongzhi"}).Wait() // NetEase opens no folder for who does not say who he is
	}
	if err != nil {
		stop()
		return nil, nil, fmt.Errorf("sign in at the mailbox server: %w", err)
	}
	return c, stop, nil
}

func (p *Poller) protect(conn net.Conn, h, port string) (*imapclient.Client, error) {
	how := p.TLS
	if how == Auto {
		if how = protection(h, port); port == "993" {
			how = TLS
		}
	}
	config := &tls.Config{}
	if p.Roots != nil {
		config = p.Roots.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = h
	}
	switch how {
	case TLS:
		return imapclient.New(tls.Client(conn, config), nil), nil
	case Plain:
		return imapclient.New(conn, nil), nil
	}
	return imapclient.NewStartTLS(conn, &imapclient.Options{TLSConfig: config})
}
