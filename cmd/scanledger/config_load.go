package main

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

// addFlags gives a command a flag for every setting.
func addFlags(flags *pflag.FlagSet) {
	flags.String("config", "", "YAML file with settings")
	preset := reflect.ValueOf(defaults())
	for f := range reflect.TypeFor[Config]().Fields() {
		name := strings.ReplaceAll(f.Tag.Get("koanf"), "_", "-")
		switch value := preset.FieldByIndex(f.Index).Interface().(type) {
		case string:
			flags.String(name, value, f.Tag.Get("usage"))
		case int:
			flags.Int(name, value, f.Tag.Get("usage"))
		case []string:
			flags.StringSlice(name, value, f.Tag.Get("usage"))
		}
	}
}

// loadConfig reads the settings of all three sources and checks them.
func loadConfig(flags *pflag.FlagSet) (Config, error) {
	k := koanf.New(".")
	faults := []error{k.Load(structs.Provider(defaults(), "koanf"), nil)}
	if path, err := flags.GetString("config"); err == nil && path != "" {
		faults = append(faults, k.Load(file.Provider(path), yaml.Parser()))
	}
	faults = append(faults, k.Load(env.Provider(".", env.Opt{Prefix: envPrefix, TransformFunc: func(name, value string) (string, any) {
		return strings.ToLower(strings.TrimPrefix(name, envPrefix)), value
	}}), nil))
	faults = append(faults, k.Load(posflag.ProviderWithFlag(flags, ".", k, func(f *pflag.Flag) (string, any) {
		name := strings.ReplaceAll(f.Name, "-", "_")
		if !f.Changed || !isSetting(name) {
			return "", nil
		}
		return name, posflag.FlagVal(flags, f)
	}), nil), unknownSettings(k.Keys()))
	var c Config
	faults = append(faults, k.UnmarshalWithConf("", &c, koanf.UnmarshalConf{Tag: "koanf", DecoderConfig: &mapstructure.DecoderConfig{
		Result: &c, TagName: "koanf", WeaklyTypedInput: true, DecodeHook: mapstructure.StringToSliceHookFunc(","),
	}}))
	for _, list := range []*[]string{&c.KafkaBrokers, &c.Roles, &c.AllowTargets, &c.TrustedProxies, &c.MalwareLists, &c.LinkLists} {
		for i, word := range *list {
			(*list)[i] = strings.TrimSpace(word)
		}
	}
	return c, errors.Join(append(faults, c.Validate())...)
}

// isSetting says whether a name is a setting's.
func isSetting(name string) bool {
	for f := range reflect.TypeFor[Config]().Fields() {
		if f.Tag.Get("koanf") == name {
			return true
		}
	}
	return false
}

// testSetting begins the names of variables that only the project's own tests read.
const testSetting = "test_"

func unknownSettings(names []string) error {
	var faults []error
	for _, name := range names {
		if !isSetting(name) && !strings.HasPrefix(name, testSetting) {
			faults = append(faults, fmt.Errorf("%s%s is no setting", envPrefix, strings.ToUpper(name)))
		}
	}
	return errors.Join(faults...)
}
