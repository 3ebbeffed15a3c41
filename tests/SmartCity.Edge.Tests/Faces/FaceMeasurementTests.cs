using System.Text.Json;
using SmartCity.Bench.Faces;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Faces;

namespace SmartCity.Edge.Tests.Faces;

/// <summary>What <c>bench faces</c> says of a folder of pictures, in each of the ways in which others publish them.</summary>
public sealed class FaceMeasurementTests : IDisposable
{
    private static readonly string[] Files = ["p01-1.jpg", "p01-2.jpg", "p01-3.jpg", "p02-1.jpg", "p02-2.jpg", "p03-1.jpg"];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_table_gives_pairs_errors_intervals_curves_lists_and_the_groups_that_its_columns_name()
    {
        Portraits.Needed();
        foreach (var file in Files.Append("group-two.jpg"))
        {
            File.Copy(Path.Combine(Portraits.Folder, file), _folder[file]);
        }

        // Not what the pictures show: any label will do.
        File.WriteAllLines(_folder["truth.tsv"], ["file\tperson\tlight", .. Files.Select(f => $"{f}\t{f[..3]}\t{(f.StartsWith("p01", StringComparison.Ordinal) ? "day" : "night")}"), "group-two.jpg\t2 faces\t"]);

        var figures = Measure();

        Assert.Equal((7, 3, 8, 0, 0), (figures.Pictures, figures.People, figures.Faces, figures.MissedFaces, figures.FalseFaces));
        Assert.Equal((4, 0, 11, 0), (figures.SamePairs, figures.SameMissed, figures.OtherPairs, figures.OtherMatched));
        Assert.Equal((0.0, 0.238404), (figures.OtherMatchedRate.Seen!.Value, figures.OtherMatchedRate.AtMost));
        Assert.Equal([("light=day", 3, 0), ("light=night", 1, 2)], figures.Groups.Select(g => (g.Group, g.SamePairs, g.OtherPairs)));

        // The smaller the threshold, the fewer are taken for others and the more are missed.
        Assert.Equal([.. figures.Curve.OrderBy(c => c.Threshold)], figures.Curve);
        Assert.Equal(figures.Curve.Select(c => c.OtherMatched).Order(), figures.Curve.Select(c => c.OtherMatched));
        Assert.Equal(figures.Curve.Select(c => c.SameMissed).OrderDescending(), figures.Curve.Select(c => c.SameMissed));
        Assert.True(figures.Curve[0].SameMissed > 0 && figures.Curve[^1].OtherMatched > 0, "The curve goes from one kind of error to the other.");

        // Nobody can be seen on a list of more people than there are; the bound is never 0.
        Assert.Equal([0.0, 0.0, null], figures.Fpir.Take(3).Select(l => l.Seen));
        Assert.All(figures.Fpir, l => Assert.Equal(1 - Math.Pow(1 - Interval.Of(0, 11).AtMost, l.People), l.AtMost, 5));

        using var json = JsonDocument.Parse(JsonSerializer.Serialize(figures, JsonSerializerOptions.Web));
        Assert.All((string[])["samePairs", "sameMissed", "sameMissedRate", "otherPairs", "otherMatched", "otherMatchedRate", "missedFaces", "falseFaces"], n => Assert.True(json.RootElement.TryGetProperty(n, out _), n));
    }

    [Fact]
    public void A_folder_for_each_person_and_a_pairs_file_as_LFW_has_it_are_read_too()
    {
        Portraits.Needed();
        foreach (var (file, at) in new[] { ("p01-1.jpg", "Ann_A/Ann_A_0001.jpg"), ("p01-2.jpg", "Ann_A/Ann_A_0002.jpg"), ("p01-3.jpg", "Ann_A/Ann_A_0003.jpg"), ("p02-1.jpg", "Bo/Bo_0001.jpg"), ("p03-1.jpg", "Cy/Cy_0001.jpg") })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[at])!);
            File.Copy(Path.Combine(Portraits.Folder, file), _folder[at]);
        }

        var everyTwo = Measure();
        Assert.Equal((5, 3, 3, 0, 7, 0), (everyTwo.Pictures, everyTwo.People, everyTwo.SamePairs, everyTwo.SameMissed, everyTwo.OtherPairs, everyTwo.OtherMatched));

        File.WriteAllLines(_folder["pairs.txt"], ["1\t2", "Ann_A\t1\t3", "Ann_A\t2\t3", "Ann_A\t1\tBo\t1", "Bo\t1\tCy\t1"]);
        var given = Measure();
        Assert.Equal((5, 2, 0, 2, 0), (given.Pictures, given.SamePairs, given.SameMissed, given.OtherPairs, given.OtherMatched));

        File.AppendAllLines(_folder["pairs.txt"], ["Bo\t1\tCy\t2"]);
        Assert.Contains("Cy_0002.jpg, which is not there", Assert.Throws<InvalidDataException>(Measure).Message, StringComparison.Ordinal);
        File.WriteAllLines(_folder["pairs.txt"], ["1\t1", "Bo"]);
        Assert.Contains("line 2: it has 1 columns", Assert.Throws<InvalidDataException>(Measure).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_labels_is_told_so()
    {
        Assert.Contains("no truth.tsv, no pairs.txt and no folder for each person", Assert.Throws<InvalidDataException>(Measure).Message, StringComparison.Ordinal);
        File.WriteAllLines(_folder["truth.tsv"], ["picture\twho"]);
        Assert.Contains("no columns file and person", Assert.Throws<InvalidDataException>(Measure).Message, StringComparison.Ordinal);
    }

    private FaceFigures Measure() => FaceMeasurement.Of(_folder.Path, Portraits.ModelFolder, DescriptorCard.Usual, conditions: false);
}
