using System.Text.RegularExpressions;
using System.Xml.Linq;
using YamlDotNet.RepresentationModel;

namespace SmartCity.Deploy.Tests;

/// <summary>The Compose file, as it was published from the AppHost.</summary>
public sealed partial class ComposeTests
{
    private static readonly string Text = File.ReadAllText(Repository.File("deploy", "compose", "docker-compose.yaml"));
    private static readonly YamlMappingNode Compose = Load();

    private static IEnumerable<(string Name, YamlMappingNode Service)> Services => Map(Compose, "services").Children.Select(s => (s.Key.ToString(), (YamlMappingNode)s.Value));

    [Fact]
    public void Every_image_is_pinned() =>
        Assert.All(Services, s => Assert.Matches(@":v?\d[\w.-]*$|:RELEASE\.[\w-]+$", s.Service["image"].ToString()));

    [Fact]
    public void Everything_starts_again_unless_it_was_stopped() =>
        Assert.All(Services, s => Assert.Equal("unless-stopped", s.Service.Children.TryGetValue("restart", out var restart) ? restart.ToString() : $"{s.Name} has no restart policy"));

    [Fact]
    public void Our_images_are_those_that_smartcity_images_makes_of_this_version()
    {
        var version = XDocument.Load(Repository.File("Directory.Build.props")).Descendants("Version").Single().Value;
        var ours = Services.Where(s => s.Name is "core" or "web" || s.Name.StartsWith("edge-london", StringComparison.Ordinal)).ToList();
        Assert.Equal(5, ours.Count);
        Assert.All(ours, s => Assert.Equal($"${{REGISTRY:?}}/{s.Name.Split('-')[0]}:{version}", s.Service["image"].ToString()));
    }

    [Fact]
    public void A_variable_without_a_value_ends_the_start_and_is_named() =>
        Assert.All(AnyVariable().Matches(Text).Select(m => m.Value), v => Assert.EndsWith(":?}", v, StringComparison.Ordinal));

    [Fact]
    public void Every_variable_is_asked_for_in_the_env_file()
    {
        var asked = File.ReadAllLines(Repository.File("deploy", "compose", ".env")).Where(l => !l.StartsWith('#') && l.Contains('=', StringComparison.Ordinal)).Select(l => l[..l.IndexOf('=', StringComparison.Ordinal)]);
        Assert.Equal(Variable().Matches(Text).Select(m => m.Groups[1].Value).Distinct().Order(), asked.Order());
    }

    [Fact]
    public void Every_setting_is_one_that_the_code_has()
    {
        var settings = Services.SelectMany(s => Environment(s.Service)).Where(n => n.Contains("__", StringComparison.Ordinal) && !n.StartsWith("ConnectionStrings__", StringComparison.Ordinal) && !n.StartsWith("services__", StringComparison.Ordinal)).ToHashSet();
        Assert.NotEmpty(settings);
        Assert.All(settings, s => Assert.True(ConfigurationTests.Exists(s.Split("__")), $"{s} is no setting."));
    }

    [Theory]
    [InlineData("core", "core-kafka", "objects", "postgres")]
    [InlineData("edge-london-a1", "edge-kafka", "objects")]
    public void Every_connection_string_is_given_to_who_reads_it(string service, params string[] needed) =>
        Assert.Superset(needed.Select(n => $"ConnectionStrings__{n}").ToHashSet(), Environment(Services.Single(s => s.Name == service).Service).ToHashSet());

    [Fact]
    public void Every_address_is_a_service_and_every_volume_is_declared()
    {
        var services = Services.Select(s => s.Name).ToHashSet();
        Assert.Superset(Services.SelectMany(s => Values(s.Service)).SelectMany(v => Host().Matches(v)).Select(m => m.Groups["name"].Value).Where(h => h is not ("localhost" or "0.0.0.0")).ToHashSet(), services);
        var volumes = Map(Compose, "volumes").Children.Keys.Select(k => k.ToString()).ToHashSet();
        Assert.All(Services.SelectMany(s => s.Service.Children.TryGetValue("volumes", out var v) ? (YamlSequenceNode)v : []), v => Assert.Contains(v["source"].ToString(), volumes));
    }

    [Fact]
    public void Mirror_makers_own_variables_are_not_composes() =>
        Assert.DoesNotMatch(@"(?<!\$)\$\{env:", Text);

    private static YamlMappingNode Load()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Text));
        return (YamlMappingNode)yaml.Documents[0].RootNode;
    }

    private static YamlMappingNode Map(YamlMappingNode node, string key) => node.Children.TryGetValue(key, out var value) ? (YamlMappingNode)value : [];

    private static IEnumerable<string> Environment(YamlMappingNode service) => Map(service, "environment").Children.Keys.Select(k => k.ToString());

    private static IEnumerable<string> Values(YamlMappingNode service) => Map(service, "environment").Children.Values.Select(v => v.ToString());

    [GeneratedRegex(@"(?<!\$)\$\{[^}]*\}")]
    private static partial Regex AnyVariable();

    [GeneratedRegex(@"(?<!\$)\$\{([A-Z0-9_]+):\?\}")]
    private static partial Regex Variable();

    [GeneratedRegex(@"(?:://|Host=|^|@)(?<name>[a-z][a-z0-9-]*)(?::\d+|;Port)")]
    private static partial Regex Host();
}
