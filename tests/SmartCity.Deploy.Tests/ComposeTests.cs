using System.Text.RegularExpressions;
using System.Xml.Linq;
using YamlDotNet.RepresentationModel;

namespace SmartCity.Deploy.Tests;

/// <summary>The Compose file, as it was published from the AppHost.</summary>
public sealed partial class ComposeTests
{
    private static readonly YamlMappingNode Faces = Load(File.ReadAllText(Repository.File("deploy", "compose", "faces.yaml")));
    private static readonly string Text = File.ReadAllText(Repository.File("deploy", "compose", "docker-compose.yaml"));
    private static readonly YamlMappingNode Compose = Load(Text);

    private static IEnumerable<(string Name, YamlMappingNode Service)> Services => In(Compose);

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
        var ours = Services.Where(s => s.Name is "core" or "lake" or "web" || s.Name.StartsWith("edge-london", StringComparison.Ordinal)).ToList();
        Assert.Equal(6, ours.Count);
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
    [InlineData("lake", "objects", "postgres")]
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
    public void The_core_owns_its_database_and_is_no_superuser()
    {
        var server = Services.Single(s => s.Name == "postgres-server").Service;
        var connection = Map(Services.Single(s => s.Name == "core").Service, "environment")["ConnectionStrings__postgres"].ToString();
        Assert.Contains("Username=smartcity;Password=${SMARTCITY_PASSWORD:?};Database=smartcity", connection, StringComparison.Ordinal);
        Assert.NotEqual("smartcity", Map(server, "environment")["POSTGRES_USER"].ToString());
        Assert.Equal("${SMARTCITY_PASSWORD:?}", Map(server, "environment")["SMARTCITY_PASSWORD"].ToString());
        var script = Assert.Single((YamlSequenceNode)server["configs"], c => c["target"].ToString().StartsWith("/docker-entrypoint-initdb.d/", StringComparison.Ordinal))["source"].ToString();
        var text = Map(Map(Compose, "configs"), script)["content"].ToString();
        Assert.Contains("create database smartcity owner smartcity;", text, StringComparison.Ordinal);
        Assert.DoesNotContain("superuser", text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch(@"(?<!\$)\$[A-Z]", text); // Compose would put in its own variables
        Assert.DoesNotContain(Services, s => s.Name != "postgres-server" && Values(s.Service).Any(v => v.Contains("POSTGRES_SERVER_PASSWORD", StringComparison.Ordinal)));
    }

    // What only a superuser may make is made with the database; the rest SmartCity.Lake makes itself, as the owner.
    [Fact]
    public void Analysts_connect_and_Postgres_may_reach_the_archive()
    {
        var lake = Services.Single(s => s.Name == "lake").Service;
        Assert.Equal(["127.0.0.1:5433:5433"], ((YamlSequenceNode)lake["ports"]).Select(p => p.ToString()));
        var environment = Map(lake, "environment");
        Assert.Equal(("0.0.0.0", "5433", "lake:5433"), (environment["Lake__Address"].ToString(), environment["Lake__Port"].ToString(), environment["Lake__ForeignAddress"].ToString()));
        Assert.Equal("${ANALYST_PASSWORD:?}", Map(Services.Single(s => s.Name == "postgres-server").Service, "environment")["ANALYST_PASSWORD"].ToString());
        var script = Map(Compose, "configs").Children.Single(c => c.Key.ToString().Contains("initdb", StringComparison.Ordinal)).Value["content"].ToString();
        Assert.Contains($"create role {environment["Lake__Analyst"]} login password :'analyst';", script, StringComparison.Ordinal);
        Assert.Contains($"create role {environment["Lake__AnalystWithoutPlates"]} login password :'blind';", script, StringComparison.Ordinal);
        Assert.Contains(SmartCity.Lake.City.Nobody.Make, script.Replace("$$", "$", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains(SmartCity.Lake.City.PublicFunctions.Withdraw, script.Replace("$$", "$", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(("${ANALYST_WITHOUT_PLATES_PASSWORD:?}", "${ANALYST_WITHOUT_PLATES_PASSWORD:?}"), (environment["Lake__AnalystWithoutPlatesPassword"].ToString(), Map(Services.Single(s => s.Name == "core").Service, "environment")["Core__Sql__Password"].ToString()));
        var core = Map(Services.Single(s => s.Name == "core").Service, "environment");
        Assert.Equal(("lake:5433", environment["Lake__AnalystWithoutPlates"].ToString(), environment["Lake__Analyst"].ToString()), (core["Core__Sql__Address"].ToString(), core["Core__Sql__Role"].ToString(), core["Core__Sql__PlatesRole"].ToString()));
        Assert.Contains("create extension postgres_fdw schema pg_catalog;\ngrant usage on foreign data wrapper postgres_fdw to smartcity;", script, StringComparison.Ordinal);
    }

    // Nobody is recognised by the file alone; with the other one, by the core and every edge, in images that say so.
    [Fact]
    public void Faces_are_told_apart_only_with_the_file_that_says_so()
    {
        Assert.DoesNotContain(Services, s => Environment(s.Service).Any(n => n.Contains("Faces", StringComparison.Ordinal)));
        var ours = Services.Where(s => s.Name is "core" || s.Name.StartsWith("edge-london", StringComparison.Ordinal)).ToList();
        Assert.Equal(ours.Select(s => s.Name), In(Faces).Select(s => s.Name));
        Assert.All(In(Faces).Zip(ours), s =>
        {
            var image = s.First.Name.Split('-')[0];
            Assert.Equal(s.Second.Service["image"].ToString().Replace($"/{image}:", $"/{image}-faces:", StringComparison.Ordinal), s.First.Service["image"].ToString());
            var setting = Assert.Single(Map(s.First.Service, "environment").Children);
            Assert.Equal("true", setting.Value.ToString());
            Assert.True(ConfigurationTests.Exists(setting.Key.ToString().Split("__")), $"{setting.Key} is no setting.");
            Assert.Equal(["image", "environment"], s.First.Service.Children.Keys.Select(k => k.ToString()));
        });
    }

    // Nothing of them is there by the file alone; with the other one, they ask the city where analysts do, as the role that sees no plates.
    [Fact]
    public void Dashboards_are_there_only_with_the_file_that_says_so_and_ask_without_plates()
    {
        var text = File.ReadAllText(Repository.File("deploy", "compose", "dashboards.yaml"));
        var dashboards = Load(text);
        Assert.Empty(In(dashboards).Select(s => s.Name).Intersect(Services.Select(s => s.Name)));
        Assert.Equal(["grafana", "superset"], In(dashboards).Select(s => s.Name).Order());
        Assert.All(In(dashboards), s => Assert.Equal("unless-stopped", s.Service["restart"].ToString()));
        Assert.All(In(dashboards), s => Assert.Equal("true", s.Service["read_only"].ToString()));
        Assert.All(AnyVariable().Matches(text).Select(m => m.Value), v => Assert.EndsWith(":?}", v, StringComparison.Ordinal));
        Assert.All(In(dashboards).SelectMany(s => (YamlSequenceNode)s.Service["volumes"]).Select(v => v.ToString().Split(':')[0]).Where(v => v.StartsWith('.')), v => Assert.True(Directory.Exists(Repository.File("deploy", "compose", v)), v));
        var source = Load(((YamlMappingNode)dashboards["configs"]["grafana-source"])["content"].ToString().Replace("$$", "$", StringComparison.Ordinal))["datasources"][0];
        Assert.Equal(("lake:5433", "analyst_without_plates"), (source["url"].ToString(), source["user"].ToString()));
        var lake = Services.Single(s => s.Name == "lake").Service;
        Assert.Equal(lake["environment"]["Lake__AnalystWithoutPlates"].ToString(), source["user"].ToString());
    }

    // The same two catalogs as with the chart and with the AppHost.
    [Fact]
    public void Trino_is_there_only_with_the_file_that_says_so_and_reads_Postgres_and_the_archive()
    {
        Assert.DoesNotContain(Services, s => s.Name == "trino");
        var text = File.ReadAllText(Repository.File("deploy", "compose", "trino.yaml"));
        var trino = Load(text);
        var (name, service) = Assert.Single(In(trino));
        Assert.Equal(("trino", "unless-stopped", "true"), (name, service["restart"].ToString(), service["read_only"].ToString()));
        Assert.Matches(@":\d+$", service["image"].ToString());
        Assert.All(((YamlSequenceNode)service["ports"]).Select(p => p.ToString()), p => Assert.StartsWith("127.0.0.1:", p, StringComparison.Ordinal));
        Assert.All(AnyVariable().Matches(text).Select(m => m.Value), v => Assert.EndsWith(":?}", v, StringComparison.Ordinal));
        Assert.Subset(Services.Select(s => s.Name).ToHashSet(), Map(service, "depends_on").Children.Keys.Select(k => k.ToString()).ToHashSet());
        var told = Map(service, "environment");
        var connection = Map(Services.Single(s => s.Name == "lake").Service, "environment");
        Assert.Contains($"Endpoint={told["TRINO_OBJECTS_ENDPOINT"]};AccessKey={told["TRINO_OBJECTS_ACCESS_KEY"]};SecretKey={told["TRINO_OBJECTS_SECRET_KEY"]};Bucket=smartcity", connection["ConnectionStrings__objects"].ToString(), StringComparison.Ordinal);

        var catalogs = ((YamlSequenceNode)service["configs"]).ToDictionary(c => Path.GetFileNameWithoutExtension(c["target"].ToString()), c => Properties(trino["configs"][c["source"]]["content"].ToString().Replace("$$", "$", StringComparison.Ordinal)));
        Assert.Equal(["city", "lake"], catalogs.Keys.Order());
        Assert.Equal(("postgresql", "AS_ARRAY"), (catalogs["city"]["connector.name"], catalogs["city"]["postgresql.array-mapping"]));
        Assert.Equal(("iceberg", "jdbc", "lake", "s3://smartcity/lake"), (catalogs["lake"]["connector.name"], catalogs["lake"]["iceberg.catalog.type"], catalogs["lake"]["iceberg.jdbc-catalog.catalog-name"], catalogs["lake"]["iceberg.jdbc-catalog.default-warehouse-dir"]));
        var given = catalogs.Values.SelectMany(c => c.Values).Where(v => v.StartsWith("${ENV:", StringComparison.Ordinal)).Select(v => v[6..^1]).ToHashSet();
        Assert.Equal(Environment(service).Order(), given.Order());

        // The chart's, but for what stands in its values.
        var chart = File.ReadAllText(Repository.File("deploy", "charts", "smartcity", "templates", "trino.yaml"));
        Assert.All(catalogs.Values.SelectMany(c => c.Keys), k => Assert.Contains($"    {k}=", chart, StringComparison.Ordinal));

        static Dictionary<string, string> Properties(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('=', 2)).ToDictionary(l => l[0], l => l[1]);
    }

    // A statement that takes what there is must not take the core's.
    [Fact]
    public void The_lake_has_the_memory_that_it_has_with_the_chart()
    {
        var lake = Services.Single(s => s.Name == "lake").Service;
        Assert.Equal("2g", lake["deploy"]["resources"]["limits"]["memory"].ToString());
        Assert.True(new SmartCity.Lake.LakeOptions().Memory <= 1L << 30, "The limit leaves the program itself too little.");
        var values = Load(File.ReadAllText(Repository.File("deploy", "charts", "smartcity", "values.yaml")));
        Assert.Equal("2Gi", values["lake"]["resources"]["limits"]["memory"].ToString());
    }

    [Fact]
    public void Mail_is_sent_only_with_the_file_that_says_so()
    {
        Assert.DoesNotContain(Services, s => Environment(s.Service).Any(n => n.Contains("Mail", StringComparison.Ordinal)));
        var text = File.ReadAllText(Repository.File("deploy", "compose", "mail.yaml"));
        var (name, core) = Assert.Single(In(Load(text)));
        Assert.Equal("core", name);
        Assert.All(Environment(core), s => Assert.True(ConfigurationTests.Exists(s.Split("__")), $"{s} is no setting."));
        Assert.All(AnyVariable().Matches(text).Select(m => m.Value), v => Assert.EndsWith(":?}", v, StringComparison.Ordinal));
    }

    [Fact]
    public void Mirror_makers_own_variables_are_not_composes() =>
        Assert.DoesNotMatch(@"(?<!\$)\$\{env:", Text);

    private static YamlMappingNode Load(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        return (YamlMappingNode)yaml.Documents[0].RootNode;
    }

    private static YamlMappingNode Map(YamlMappingNode node, string key) => node.Children.TryGetValue(key, out var value) ? (YamlMappingNode)value : [];

    private static IEnumerable<(string Name, YamlMappingNode Service)> In(YamlMappingNode file) => Map(file, "services").Children.Select(s => (s.Key.ToString(), (YamlMappingNode)s.Value));

    private static IEnumerable<string> Environment(YamlMappingNode service) => Map(service, "environment").Children.Keys.Select(k => k.ToString());

    private static IEnumerable<string> Values(YamlMappingNode service) => Map(service, "environment").Children.Values.Select(v => v.ToString());

    [GeneratedRegex(@"(?<!\$)\$\{[^}]*\}")]
    private static partial Regex AnyVariable();

    [GeneratedRegex(@"(?<!\$)\$\{([A-Z0-9_]+):\?\}")]
    private static partial Regex Variable();

    [GeneratedRegex(@"(?:://|Host=|^|@)(?<name>[a-z][a-z0-9-]*)(?::\d+|;Port)")]
    private static partial Regex Host();
}
