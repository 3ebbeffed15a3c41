using System.Globalization;
using SmartCity.Contracts.Api;
using SmartCity.Core.Packages;

namespace SmartCity.Core.Investigations;

/// <summary>An investigation in words, at the head of its package.</summary>
internal static class InvestigationText
{
    public static IEnumerable<PackageSection> Sections(InvestigationDetail detail, PackageText text)
    {
        var found = detail.Investigation;
        yield return new PackageSection("Investigation")
        {
            Facts =
            [
                new("Investigation", found.Id.ToString()),
                new("Title", found.Title),
                new("Purpose", found.Purpose),
                new("Reference", found.Reference ?? "none"),
                new("Owner", found.Owner),
                new("State", found.ClosedAt is { } closed ? $"closed, {text.Time(closed)}" : found.State),
                new("Opened", $"{text.Time(found.OpenedAt)}, {found.OpenedBy}"),
                new("Kept until", PackageText.Day(found.KeepUntil)),
            ],
        };
        if (detail.Items.Count > 0)
        {
            yield return new PackageSection("What was gathered")
            {
                Table = new(["Kind", "Plate", "What", "When", "Added by", "Note"], [.. detail.Items.Select(i => (string[])[i.Kind, i.Plate ?? "none", i.What, text.Time(i.At), $"{i.AddedBy}, {text.Time(i.AddedAt)}", i.Note ?? ""])]),
            };
        }

        if (detail.Notes.Count > 0)
        {
            yield return new PackageSection("Notes") { Table = new(["When", "Who", "Note"], [.. detail.Notes.Select(n => (string[])[text.Time(n.At), n.By, n.Text])]) };
        }

        if (detail.Files.Count > 0)
        {
            yield return new PackageSection("Files")
            {
                Table = new(["File", "Bytes", "SHA-256", "Added"], [.. detail.Files.Select((f, i) => (string[])[FileName(f, i), f.Bytes.ToString(CultureInfo.InvariantCulture), f.Sha256, $"{text.Time(f.AddedAt)}, {f.AddedBy}"])]),
            };
        }
    }

    /// <summary>A file's name in the package: no two have the same, and none leads out of its folder.</summary>
    public static string FileName(InvestigationFile file, int index) =>
        string.Create(CultureInfo.InvariantCulture, $"files/{index + 1}-{string.Concat(file.Name.Select(c => char.IsLetterOrDigit(c) || c is '.' or '-' or '_' or ' ' ? c : '_')).TrimStart('.')}");
}
