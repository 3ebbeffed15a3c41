using System.Text.RegularExpressions;
using SmartCity.Core.Tests.Hosting;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests;

/// <summary>One word for one thing, as the glossary in docs/console.md has it. What was said otherwise once does not come back.</summary>
public sealed partial class WordingTests
{
    // What stands in a page, a message or a document, and what is said instead.
    private static readonly (string Old, string Now)[] Phrases =
    [
        ("Asking the core", "Loading…"),
        ("do not belong together", "Wrong name or password"),
        ("Why do you look", "Reason for the search (recorded)"),
        ("goes to the audit", "recorded in the audit"),
        ("is the evidence of none", "No charge rests on this sighting."),
        ("Nine of ten", "90th percentile"),
        (">Did what", "Action"),
        ("Not yours to see", "No access"),
        ("Asked for by", "Requested by"),
        ("asked by {", "requested by"),
        ("Put off", "Skipped"),
        ("puts the case off", "skips the case"),
        ("was put off", "was skipped"),
        ("taken on by", "acknowledged by"),
        ("took it on", "acknowledged it"),
        ("it was shed because", "the edge deleted it"),
        ("never heard from", "no heartbeat yet"),
        ("No entry fits", "No entry matches"),
        ("No line fits", "No line matches"),
        ("fits the filter", "matches the filter"),
        ("sets off nothing", "matches no entry"),
        ("stands still meanwhile", "is not updated"),
        ("shown this once", "shown only once"),
        ("has lost its server", "Connection lost"),
        ("Runs out", "Expires"),
        ("such thing", "Not found"),
        ("Open again", "Reopen"),
        ("Older ones", "Older dead letters"),
        ("are left: replay again", "N remain. Replay again to send them."),
        ("is saved.\"", "was saved."),
        ("} is removed.\"", "was removed."),
        ("is deleted.\", Sev", "was deleted."),
        ("Confidence) sure", "confidence"),
        ("history. Reason", "This sighting is older than the live view."),
        ("clock that was not synchronised", "clock not synchronised"),
        ("Seen at two places", "Seen in two places"),
        ("A tariff from a day to come", "New tariff"),
        ("stands on each charge", "shown on each charge"),
        ("Take back", "Withdraw"),
        ("took back what", "undid the decision on"),
        ("Label=\"Cameras of", "Stations"),
        ("— shown only once", ". It is shown only once."),
        ("Whom to ask", "Contact"),
        ("waits for anybody", "No matches are waiting."),
        ("said to be.", "Check both identities."),
        ("Administrator who asked", "Administrator who requested it first"),
        ("to the version before", "to the previous version"),
        ("never heard of", "no heartbeat yet"),
        ("came twice\"", "duplicates"),
        ("Pictures shed\"", "Pictures deleted to free disk space"),
        ("Written ever", "Written in total"),
        ("There is no column", "Unknown column"),
        ("picture was given up", "picture was deleted"),
        ("has more than 20 MB", "is larger than 20 MB"),
        ("I have kept them", "I have saved them"),
        ("code of your authenticator", "code from your authenticator app"),
        ("read rightly of what", "Share of reviewed readings that were right"),
        ("of those that people looked at", "of the reviewed readings"),
        ("How the versions read", "Readings by version"),
        ("of them open", "still open"),
        ("} at two places", "in two places"),
        ("was at two places faster", "in two places"),
        ("<h2>Sent to<", "Webhooks"),
        ("People mostly see failures", "People review mostly doubtful readings"),
    ];

    [Fact]
    public void Nothing_that_people_read_says_it_as_it_was_said_once()
    {
        var found = Files().SelectMany(file => File.ReadLines(file).Index()
            .Where(line => !Comment().IsMatch(line.Item))
            .SelectMany(line => Phrases.Where(p => line.Item.Contains(p.Old, StringComparison.OrdinalIgnoreCase))
                .Select(p => $"{Path.GetRelativePath(Repository.Root, file)}:{line.Index + 1}: '{p.Old}'; say '{p.Now}'")));
        Assert.Empty(found);
    }

    [Fact]
    public void The_glossary_has_each_word_once()
    {
        var words = File.ReadLines(Path.Combine(Repository.Root, "docs", "console.md")).SkipWhile(l => l != "## Glossary").Where(l => l.StartsWith("| **", StringComparison.Ordinal)).Select(l => l.Split("**")[1]).ToList();
        Assert.True(words.Count >= 20, "The glossary is short.");
        Assert.Equal(words.Distinct(StringComparer.OrdinalIgnoreCase), words);
        Assert.Equal(words.Order(StringComparer.OrdinalIgnoreCase), words);
    }

    private static IEnumerable<string> Files() =>
        (from folder in (string[])["SmartCity.Web", "SmartCity.Core", "SmartCity.Edge", "SmartCity.Faces", "SmartCity.AllInOne", "SmartCity.AppHost", "SmartCity.ServiceDefaults", "deploy", "docs"]
         from file in Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*", SearchOption.AllDirectories)
         where Path.GetExtension(file) is ".razor" or ".cs" or ".md" or ".txt" or ".js" or ".yaml" or ".sh" && !Built().IsMatch(file)
         select file).Append(Path.Combine(Repository.Root, "README.md")).Append(Path.Combine(Repository.Root, "smartcity"));

    [GeneratedRegex(@"^\s*(//|@\*|\*)")]
    private static partial Regex Comment();

    [GeneratedRegex("[/\\\\](bin|obj)[/\\\\]")]
    private static partial Regex Built();
}
