using SmartCity.Core.Lake;
using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Core.Tests.Lake;

public sealed class LakeMergeTests : IDisposable
{
    private const int Rows = 600_000;
    private const int Plates = 1_000;
    private const string Asked = "AB0500";

    private static readonly DateTime Midnight = new(2026, 11, 23, 0, 0, 0, DateTimeKind.Utc);

    private readonly string _folder = Directory.CreateTempSubdirectory("smartcity-merge").FullName;

    [Fact]
    public async Task In_a_day_that_is_over_the_rows_of_a_plate_lie_together_and_no_row_is_lost_or_doubled()
    {
        var even = Write("even", Enumerable.Range(0, Rows / 2).Select(i => 2 * i));
        var odd = Write("odd", Enumerable.Range(0, Rows / 2).Select(i => (2 * i) + 1));
        var (path, made) = Assert.Single(await MergeAsync(long.MaxValue, even, odd));

        using var reader = Open(path);
        var batches = Enumerable.Range(0, reader.Groups).Select(reader.Read).ToList();
        Assert.Equal(Enumerable.Range(0, Rows).Select(Id).Order(StringComparer.Ordinal), batches.SelectMany(b => Texts(b, "id")).Order(StringComparer.Ordinal));
        Assert.Null(made.SortOrder);

        // A program that asks for one plate reads these groups alone, for it knows from the file's end what others have at most.
        var with = batches.Where(b => string.CompareOrdinal(Texts(b, "plate").Min(StringComparer.Ordinal), Asked) <= 0 && string.CompareOrdinal(Texts(b, "plate").Max(StringComparer.Ordinal), Asked) >= 0).ToList();
        Assert.InRange(with.Sum(b => b.Rows), Rows / Plates, Rows / 5);
        Assert.Equal(Enumerable.Range(0, Rows).Where(i => Plate(i) == Asked).Select(Id), with.SelectMany(b => Texts(b, "plate").Zip(Texts(b, "id")).Where(r => r.First == Asked).Select(r => r.Second)));
    }

    [Fact]
    public async Task What_comes_late_to_a_day_whose_plates_lie_together_is_put_in_and_counts_as_the_newest()
    {
        var ((path, _), late) = (Assert.Single(await MergeAsync(long.MaxValue, Write("all", Enumerable.Range(0, Rows)))), Enumerable.Range(0, Rows / 1_000).Select(i => 1_000 * i).ToList());
        var corrected = Write("late", late, "ZZ99ZZZ", archived: TimeSpan.FromDays(2));
        using var first = Open(path);
        using var second = Open(corrected);
        var merge = new LakeMerge(LakeTables.Sightings, 1);
        var (ids, plates) = (new List<string>(), new List<string>());
        var gone = Id(late[^1]);

        await merge.RunAsync([first, second], (batch, row) => batch.Values[0].Text(row) != gone, (_, made) =>
        {
            using var reader = Open(made);
            foreach (var batch in Enumerable.Range(0, reader.Groups).Select(reader.Read))
            {
                ids.AddRange(Texts(batch, "id"));
                plates.AddRange(Texts(batch, "plate"));
            }

            return Task.CompletedTask;
        });

        Assert.Equal((late.Count, 1), (merge.Superseded, merge.Dropped));
        Assert.Equal(Enumerable.Range(0, Rows).Select(Id).Where(id => id != gone).Order(StringComparer.Ordinal), ids.Order(StringComparer.Ordinal));
        Assert.Equal(late.SkipLast(1).Select(Id), ids.Zip(plates).Where(r => r.Second == "ZZ99ZZZ").Select(r => r.First).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Files_of_a_large_day_do_not_overlap_in_time()
    {
        var made = await MergeAsync(1, Write("all", Enumerable.Range(0, Rows)));

        Assert.InRange(made.Count, 2, 10);
        var time = LakeTables.Sightings["captured_at"].Id;
        var spans = made.Select(m => (From: SingleValue.ToLong(m.File.Lower[time]), To: SingleValue.ToLong(m.File.Upper[time]))).OrderBy(s => s.From).ToList();
        Assert.All(spans.Zip(spans.Skip(1)), pair => Assert.True(pair.First.To < pair.Second.From));
        Assert.Equal(Rows, made.Sum(m => m.File.Rows));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Id(int row) => $"{row:00000000-0000-7000-8000-000000000000}";

    private static string Plate(int row) => $"AB{row * 7919L % Plates:0000}";

    private static List<string> Texts(LakeBatch batch, string column) => [.. Enumerable.Range(0, batch.Rows).Select(r => batch.Values[batch.Table.IndexOf(column)].Text(r)!)];

    private static LakeParquetReader Open(string path) => new(LakeTables.Sightings, path, new Dictionary<int, string>());

    private string Write(string name, IEnumerable<int> rows, string? plate = null, TimeSpan archived = default)
    {
        var path = Path.Combine(_folder, name);
        using var writer = new LakeParquetWriter(LakeTables.Sightings, path);
        var batch = new LakeBatch(LakeTables.Sightings);
        foreach (var row in rows)
        {
            var at = Midnight.AddMilliseconds(100 * row);
            batch.Add([
                Id(row), at, "a1", "a1-n1", null, null, plate ?? Plate(row), "GB", null, 0.9, null, 1, null, null, null, null, null, null, null, null, null, at, null, 0, null, null, null, at + archived,
            ]);
        }

        writer.Add(batch, 0, batch.Rows);
        writer.Close();
        return path;
    }

    private async Task<List<(string Path, DataFile File)>> MergeAsync(long fileBytes, params string[] paths)
    {
        var made = new List<(string Path, DataFile File)>();
        var readers = paths.Select(Open).ToList();
        await new LakeMerge(LakeTables.Sightings, fileBytes).RunAsync(readers, null, (file, path) =>
        {
            var kept = Path.Combine(_folder, $"made-{made.Count}");
            File.Copy(path, kept);
            made.Add((kept, file));
            return Task.CompletedTask;
        });
        readers.ForEach(r => r.Dispose());
        return made;
    }
}
