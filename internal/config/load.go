package config

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

const envPrefix = "GONGZHI_"

// Load reads the settings for command name from its arguments and environment
// ("KEY=value"), and from the file that --config or GONGZHI_CONFIG names. more,
// if not nil, adds flags that belong to this command alone. The rest of the
// arguments comes back. Asking for help gives flag.ErrHelp, with the help
// written to usage.
func Load(name string, args, env []string, usage io.Writer, more func(*flag.FlagSet)) (*Config, []string, error) {
	c := &Config{}
	given := map[string]string{}
	fs, file := flags(name, usage, given)
	if more != nil {
		more(fs)
	}
	if err := fs.Parse(args); err != nil {
		return nil, nil, err
	}
	vars := environment(env)
	if *file == "" {
		*file = vars["config"]
	}
	err := errors.Join(c.defaults(), c.fromFile(*file), c.fromEnv(vars), c.fromFlags(given))
	return c, fs.Args(), err
}

// setting is one field of Config.
type setting struct {
	key, fallback, help string
	secret              bool
	value               reflect.Value
}

func (c *Config) settings() []setting {
	var out []setting
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		if key := tag.Get("key"); key != "" {
			out = append(out, setting{key, tag.Get("default"), tag.Get("help"), tag.Get("secret") != "", v.Field(i)})
		}
	}
	return out
}

func flags(name string, usage io.Writer, given map[string]string) (*flag.FlagSet, *string) {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(usage)
	file := fs.String("config", "", "`FILE` of settings, one \"key = value\" a line")
	for _, s := range new(Config).settings() {
		if s.secret {
			continue
		}
		help := s.help
		if s.fallback != "" {
			help += " (" + s.fallback + ")"
		}
		fs.Func(strings.ReplaceAll(s.key, "_", "-"), help, func(text string) error {
			given[s.key] = text
			return nil
		})
	}
	return fs, file
}

func environment(env []string) map[string]string {
	vars := map[string]string{}
	for _, line := range env {
		name, value, _ := strings.Cut(line, "=")
		if key, ours := strings.CutPrefix(name, envPrefix); ours {
			vars[strings.ToLower(key)] = value
		}
	}
	return vars
}

func (c *Config) defaults() error {
	for _, s := range c.settings() {
		if err := s.set(s.fallback); err != nil {
			return fmt.Errorf("default of %s: %w", s.key, err)
		}
	}
	return nil
}

// fromFile tells all that is wrong with a file at once, each with its line.
func (c *Config) fromFile(path string) error {
	if path == "" {
		return nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	var problems []error
	seen := map[string]int{}
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff")))) // as Windows editors write it
	for n := 1; lines.Scan(); n++ {
		if err := c.line(lines.Text(), n, seen); err != nil {
			problems = append(problems, fmt.Errorf("%s:%d: %w", path, n, err))
		}
	}
	return errors.Join(append(problems, lines.Err())...)
}

func (c *Config) line(text string, n int, seen map[string]int) error {
	text = strings.TrimSpace(text)
	if text == "" || text[0] == '#' {
		return nil
	}
	key, value, found := strings.Cut(text, "=")
	key = strings.TrimSpace(key)
	if !found {
		return fmt.Errorf("want \"key = value\"")
	}
	if first := seen[key]; first != 0 {
		return fmt.Errorf("%s was set in line %d already", key, first)
	}
	seen[key] = n
	return c.set(key, value)
}

// fromEnv leaves unknown names alone and lists them in Ignored.
func (c *Config) fromEnv(vars map[string]string) error {
	var problems []error
	for _, key := range sorted(vars) {
		if key == "config" {
			continue
		}
		if !slices.Contains(c.keys(), key) {
			c.Ignored = append(c.Ignored, envPrefix+strings.ToUpper(key))
			continue
		}
		if err := c.set(key, vars[key]); err != nil {
			problems = append(problems, fmt.Errorf("%s%s: %w", envPrefix, strings.ToUpper(key), err))
		}
	}
	return errors.Join(problems...)
}

func (c *Config) fromFlags(given map[string]string) error {
	var problems []error
	for _, key := range sorted(given) {
		if err := c.set(key, given[key]); err != nil {
			problems = append(problems, fmt.Errorf("--%s: %w", strings.ReplaceAll(key, "_", "-"), err))
		}
	}
	return errors.Join(problems...)
}

func (c *Config) keys() []string {
	var keys []string
	for _, s := range c.settings() {
		keys = append(keys, s.key)
	}
	return keys
}

func (c *Config) set(key, value string) error {
	for _, s := range c.settings() {
		if s.key != key {
			continue
		}
		if err := s.set(value); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		return nil
	}
	return fmt.Errorf("unknown key %q%s", key, hint(key, c.keys()))
}

func (s setting) set(text string) error {
	text = strings.TrimSpace(text)
	shown := strconv.Quote(text)
	if s.secret {
		shown = "the value"
	}
	switch p := s.value.Addr().Interface().(type) {
	case *string:
		*p = text
	case *int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%s is not a whole number", shown)
		}
		*p = n
	case *bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%s is neither true nor false", shown)
		}
		*p = b
	case *time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%s is not a time such as 60s or 5m", shown)
		}
		*p = d
	case *[]string:
		*p = strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' })
	}
	return nil
}
