using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Faces;
using SmartCity.Contracts.Models;
using SmartCity.Core;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Edge;
using SmartCity.Recognition;
using SmartCity.System.Tests.Hosting;
using SmartCity.Web;

namespace SmartCity.System.Tests;

/// <summary>What the documents say is so.</summary>
public sealed partial class DocumentationTests
{
    public static TheoryData<string> Documents => [.. Directory.EnumerateFiles(Repository.Root, "*.md")
        .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories))
        .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "models"), "*.md", SearchOption.AllDirectories))
        .Select(f => Path.GetRelativePath(Repository.Root, f))];

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task Links_lead_somewhere(string document)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, document), TestContext.Current.CancellationToken);
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, document))!;
        foreach (var target in Link().Matches(text).Select(m => m.Groups[1].Value).Where(t => !t.Contains("://", StringComparison.Ordinal)))
        {
            Assert.True(Path.Exists(Path.Combine(folder, target.Split('#')[0])), $"{document} links {target}, which is not there.");
            if (target.Split('#') is [var page, { Length: > 0 } heading] && (page.Length == 0 || page.EndsWith(".md", StringComparison.Ordinal)))
            {
                var linked = await File.ReadAllTextAsync(page.Length == 0 ? Path.Combine(Repository.Root, document) : Path.Combine(folder, page), TestContext.Current.CancellationToken);
                Assert.True(Heading().Matches(linked).Any(h => Anchor(h.Groups[1].Value) == heading), $"{document} links {target}, and that page has no such heading.");
            }
        }
    }

    [Fact]
    public async Task Every_setting_is_documented_and_every_documented_setting_exists()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "operations.md"), TestContext.Current.CancellationToken);
        var documented = Setting().Matches(text).Select(m => m.Value.Trim('`')).ToHashSet();
        var options = new[] { typeof(EdgeModule).Assembly, typeof(PlateRecogniser).Assembly, typeof(CoreModule).Assembly, typeof(ConsoleModule).Assembly }
            .SelectMany(a => a.GetTypes())
            .Select(t => (Type: t, Section: t.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() as string))
            .Where(t => t.Section is not null)
            .SelectMany(t => t.Type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p => $"{t.Section}:{p.Name}"))
            .Append("Core:Address")
            .ToHashSet();
        Assert.Superset(options, documented);
        Assert.Superset(documented, options);
    }

    [Fact]
    public async Task Every_field_on_the_wire_is_documented_and_every_documented_field_exists()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "wire.md"), TestContext.Current.CancellationToken);
        foreach (var (heading, types) in new (string, Type[])[]
        {
            ("## A sighting", [typeof(Sighting), typeof(PlateAlternative)]),
            ("## A station's heartbeat", [typeof(StationHeartbeat), typeof(CameraHeartbeat), typeof(AtCoreHeartbeat), typeof(EdgeKafkaHeartbeat), typeof(MirrorHeartbeat), typeof(HotlistHeartbeat), typeof(ClockHeartbeat), typeof(ModelHeartbeat), typeof(ModelShadow)]),
            ("## Between edge and core over HTTP", [typeof(EdgeSightings), typeof(StretchCount), typeof(EdgeSightingsAsked), typeof(EdgeSightingsMissing), typeof(EdgeStrip)]),
            ("## Faces", [typeof(FaceExchange), typeof(FaceReport), typeof(FaceOrders), typeof(FaceOrder), typeof(FaceTemplate), typeof(FaceMatch)]),
        })
        {
            var section = text.Split(heading, 2)[1].Split("\n## ", 2)[0];
            var written = FieldInText().Matches(section).Select(m => m.Groups[1].Value).ToHashSet();
            var first = section.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)).SelectMany(l => FieldInText().Matches(l.Split('|')[1]).Select(m => m.Groups[1].Value)).ToHashSet();
            var fields = types.SelectMany(t => t.GetProperties(BindingFlags.Public | BindingFlags.Instance)).Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name)).ToHashSet();
            Assert.Superset(fields, written);
            Assert.Superset(first, fields);
        }
    }

    [Fact]
    public async Task The_charges_example_gives_what_the_document_says()
    {
        var document = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "charges.md"), TestContext.Current.CancellationToken);
        var blocks = Json().Matches(document).Select(m => m.Groups[1].Value).ToList();
        var file = Path.Combine(Repository.Root, "docs", "charges-example.jsonl");
        var lines = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(blocks[0]), JsonNode.Parse(lines[0])), "The document's example is not the file's first line.");

        var (status, output, errors) = await RunningSystem.RunAsync(["charges", "preview", file]);
        var answers = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((0, ""), (status, errors));
        Assert.Equal(lines.Length, answers.Length);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(blocks[1]), JsonNode.Parse(answers[0])), $"The document says {blocks[1]}\nThe answer is {answers[0]}");
    }

    [Fact]
    public async Task Every_rule_is_documented()
    {
        var folder = Path.Combine(Repository.Root, "SmartCity.Core", "Charges");
        var code = string.Concat(Directory.EnumerateFiles(folder, "*Rules.cs").Select(File.ReadAllText));
        var document = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "charges.md"), TestContext.Current.CancellationToken);
        var coded = RuleInCode().Matches(code).Select(m => m.Groups[1].Value).ToHashSet();
        var documented = RuleInText().Matches(document).Select(m => m.Groups[1].Value).ToHashSet();
        Assert.NotEmpty(coded);
        Assert.Superset(coded, documented);
    }

    [Fact]
    public async Task The_roles_are_as_documented()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "access.md"), TestContext.Current.CancellationToken);
        foreach (var role in Role.All.Except([Role.Administrator]))
        {
            Assert.Contains($"| `{role}` | {string.Join(' ', Role.ScopesOf(role).Select(s => $"`{s}`"))} |", text, StringComparison.Ordinal);
        }

        Assert.All(Scope.All, scope => Assert.Contains($"`{scope}`", text, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (.+?)\s*$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    // As GitHub makes it of a heading.
    private static string Anchor(string heading) => string.Concat(heading.ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');

    [GeneratedRegex("`(Edge|Recognition|Mirror|Core|Archive|Console)(:[A-Z][A-Za-z]+)+`")]
    private static partial Regex Setting();

    [GeneratedRegex("```json\n(.+?)```", RegexOptions.Singleline)]
    private static partial Regex Json();

    // Ids that are put together from a tax class or a discount are not seen here.
    [GeneratedRegex("\"((?:ulez|lez|congestion)-[a-z0-9-]+)\"")]
    private static partial Regex RuleInCode();

    [GeneratedRegex("`([a-z][A-Za-z0-9]*)`")]
    private static partial Regex FieldInText();

    [GeneratedRegex("`((?:ulez|lez|congestion)-[a-z0-9-]+)`")]
    private static partial Regex RuleInText();
}
