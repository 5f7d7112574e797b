package sqldbtest

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// settings of the servers that this package starts. Nobody but this machine's
// tests can reach them: they listen on a socket in a directory of their owner.
var settings = map[string]string{
	"listen_addresses": "''",
	"max_connections":  "400",
	"shared_buffers":   "64MB",
	"wal_level":        "minimal",
	"max_wal_senders":  "0",
	"autovacuum":       "off",
	"log_min_messages": "fatal",
}

var quickSettings = map[string]string{
	"fsync":              "off",
	"synchronous_commit": "off",
	"full_page_writes":   "off",
}

// startServer finds the server of an earlier test process or starts one, and
// leaves it running: a start takes seconds, and many processes share it.
func startServer(s *server) (address string, err error) {
	bin, err := postgresPrograms()
	if err != nil {
		return "", err
	}
	c := cluster{bin: bin, dir: filepath.Join(os.TempDir(), fmt.Sprintf("gongzhi-postgres-%s-%d", s.name, os.Getuid())), settings: settings}
	if s == quick {
		c.more = quickSettings
	}
	if err := c.own(); err != nil {
		return "", err
	}
	unlock, err := lockFile(c.dir + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if !c.running() {
		if err := c.start(); err != nil {
			return "", err
		}
	}
	u := url.URL{Scheme: "postgres", Path: "/postgres", RawQuery: url.Values{"host": {c.dir}, "user": {"postgres"}, "sslmode": {"disable"}}.Encode()}
	return u.String(), nil
}

// postgresPrograms is the directory of initdb and pg_ctl, the newest version where
// Debian keeps several side by side.
func postgresPrograms() (string, error) {
	if file, err := exec.LookPath("pg_ctl"); err == nil {
		return filepath.Dir(file), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl")
	if len(found) == 0 {
		return "", errors.New("no pg_ctl found; install the package postgresql or set GONGZHI_TEST_POSTGRES to a server's address")
	}
	return filepath.Dir(found[len(found)-1]), nil
}

func lockFile(name string) (unlock func(), err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

type cluster struct {
	bin, dir       string
	settings, more map[string]string
	as             *syscall.Credential
}

// own finds whom to run as: initdb refuses the superuser.
func (c *cluster) own() error {
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("PostgreSQL does not run as root and there is no other user for it: %w", err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(u.Gid)
	c.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return err
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *cluster) running() bool {
	return c.run("pg_ctl", "status", "-D", c.data()) == nil
}

// start starts the cluster, made anew when there is none or when it does not
// start, for example because its temporary directory was half cleaned.
func (c *cluster) start() error {
	if _, err := os.Stat(filepath.Join(c.data(), "postgresql.auto.conf")); err == nil && c.launch() == nil {
		return nil
	}
	if err := os.RemoveAll(c.dir); err != nil {
		return err
	}
	if err := os.Mkdir(c.dir, 0o700); err != nil {
		return err
	}
	if c.as != nil {
		if err := os.Chown(c.dir, int(c.as.Uid), int(c.as.Gid)); err != nil {
			return err
		}
	}
	if err := c.run("initdb", "-D", c.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"); err != nil {
		return err
	}
	return c.launch()
}

func (c *cluster) launch() error {
	var o strings.Builder
	for _, set := range []map[string]string{c.settings, c.more} {
		for name, value := range set {
			fmt.Fprintf(&o, " -c %s=%s", name, value)
		}
	}
	return c.run("pg_ctl", "start", "-w", "-t", "60", "-D", c.data(), "-l", filepath.Join(c.dir, "log"), "-o", "-k "+c.dir+o.String())
}

func (c *cluster) run(program string, args ...string) error {
	cmd := exec.Command(filepath.Join(c.bin, program), args...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, out)
	}
	return nil
}
