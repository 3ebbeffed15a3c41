using System.Reflection;
using System.Text.RegularExpressions;
using SmartCity.Core;
using SmartCity.Edge;
using SmartCity.Lake;
using SmartCity.Recognition;
using SmartCity.ServiceDefaults;
using SmartCity.Web;

namespace SmartCity.Deploy.Tests;

/// <summary>What the charts set is what the code reads.</summary>
public sealed partial class ConfigurationTests
{
    private static readonly string[] Deployed = ["SmartCity.ServiceDefaults", "SmartCity.Core", "SmartCity.Edge", "SmartCity.Lake", "SmartCity.Recognition", "SmartCity.Web"];

    private static readonly IReadOnlyDictionary<string, Type> Sections = new[] { typeof(ServiceDefaultsExtensions).Assembly, typeof(EdgeModule).Assembly, typeof(PlateRecogniser).Assembly, typeof(CoreModule).Assembly, typeof(LakeModule).Assembly, typeof(ConsoleModule).Assembly }
        .SelectMany(a => a.GetTypes())
        .Select(t => (Type: t, Section: t.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() as string))
        .Where(t => t.Section is not null)
        .ToDictionary(t => t.Section!, t => t.Type);

    public static TheoryData<Installation> Installations => [.. Installation.All];

    [Theory]
    [MemberData(nameof(Installations))]
    public async Task Every_setting_of_a_chart_is_one_that_the_code_has(Installation values)
    {
        var rendered = await Helm.RenderAsync(values);
        var settings = rendered.Environment.Select(e => e.Name).Where(n => n.Contains("__", StringComparison.Ordinal) && !n.StartsWith("ConnectionStrings__", StringComparison.Ordinal)).ToHashSet();
        Assert.NotEmpty(settings);
        Assert.All(settings, setting => Assert.True(Exists(setting.Split("__")), $"{setting} is no setting."));
    }

    [Theory]
    [InlineData("core", "core-kafka", "objects", "postgres")]
    [InlineData("lake", "objects", "postgres")]
    [InlineData("edge", "core-kafka", "edge-kafka", "objects")]
    public async Task Every_connection_string_is_given_to_who_reads_it(string container, params string[] needed)
    {
        foreach (var installation in Installation.All.Where(c => !c.Values.Contains("mirror.mode", StringComparison.Ordinal)))
        {
            foreach (var one in (await Helm.RenderAsync(installation)).Pods.SelectMany(p => p.Spec.Containers).Where(c => c.Name == container))
            {
                var given = one.Env.Select(e => e.Name).Where(n => n.StartsWith("ConnectionStrings__", StringComparison.Ordinal)).Select(n => n["ConnectionStrings__".Length..]);
                // An edge that has a core puts its pictures where the core says.
                var puts = container == "edge" && installation.Values.Contains("core=", StringComparison.Ordinal);
                Assert.Equal(needed.Where(n => !puts || n != "objects"), given.Order());
            }
        }
    }

    [Fact]
    public void The_code_reads_no_other_connection_strings_than_those_that_the_charts_know() =>
        Assert.Equal("core-kafka edge-kafka objects postgres", string.Join(' ', Deployed.SelectMany(Used).Distinct().Order()));

    private static IEnumerable<string> Used(string project) =>
        Directory.EnumerateFiles(Repository.File(project), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(f => Connection().Matches(File.ReadAllText(f)))
            .Select(m => m.Groups["name"].Value.TrimEnd('-'));

    internal static bool Exists(string[] path)
    {
        if (path is ["Core", "Address"] or ["Kestrel", "Certificates", "Default", "Path" or "KeyPath"])
        {
            return true;
        }

        for (var i = path.Length - 1; i > 0; i--)
        {
            if (Sections.TryGetValue(string.Join(':', path[..i]), out var type))
            {
                return Follow(type, path.AsSpan(i));
            }
        }

        return false;
    }

    private static bool Follow(Type type, ReadOnlySpan<string> path)
    {
        if (path.IsEmpty)
        {
            return true;
        }

        if (int.TryParse(path[0], out _))
        {
            var element = type.IsArray ? type.GetElementType()! : type.GetGenericArguments()[0];
            return Follow(element, path[1..]);
        }

        return type.GetProperty(path[0]) is { } property && Follow(property.PropertyType, path[1..]);
    }

    [GeneratedRegex("""(GetConnectionString\(\$?|Get\(configuration, |AddNpgsqlDataSource\(\s*)"(?<name>[a-z-]+)""")]
    private static partial Regex Connection();
}
