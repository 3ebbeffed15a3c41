using ParquetSharp;
using SmartCity.Core.Tests.Database;

namespace SmartCity.Core.Tests.Lake;

/// <summary>Objects as the archive wrote them before there was a lake.</summary>
internal static class ArchiveFiles
{
    private const int Rows = 3;

    /// <summary>An object of three rows with the columns that the first version had, in the folder and in the catalogue of then.</summary>
    /// <returns>Its key.</returns>
    public static async Task<string> AdoptableAsync(PostgresFixture postgres, string folder, string station, DateTimeOffset at)
    {
        var key = $"sightings/date={at:yyyy-MM-dd}/station={station}/{station}.sightings-0-0-a.parquet";
        var path = Path.Combine(folder, key);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Write(path, at.UtcDateTime);
        await postgres.ExecuteAsync(
            "insert into archive_objects (key, state, rows, bytes, first_at, last_at, station_id, day) values ($1, 'written', $2, $3, $4, $4, $5, $6)",
            key, (long)Rows, new FileInfo(path).Length, at.UtcDateTime, station, DateOnly.FromDateTime(at.UtcDateTime));
        return key;
    }

    private static void Write(string path, DateTime at)
    {
        Column[] columns =
        [
            new Column<Guid>("id"), new Column<DateTime>("captured_at", LogicalType.Timestamp(true, TimeUnit.Micros)), new Column<string>("camera_id"), new Column<int?>("lane"), new Column<string?>("direction"),
            new Column<string?>("plate"), new Column<string?>("country"), new Column<string?>("format"), new Column<double>("confidence"), new Column<float[]>("characters"), new Column<int>("frames"),
            new Column<int?>("box_x"), new Column<int?>("box_y"), new Column<int?>("box_width"), new Column<int?>("box_height"), new Column<string?>("evidence"), new Column<string?>("detector_version"),
            new Column<string?>("reader_version"), new Column<double?>("speed_kmh"), new Column<string?>("trace_id"), new Column<DateTime>("stored_at", LogicalType.Timestamp(true, TimeUnit.Micros)),
        ];
        using var file = new ParquetFileWriter(path, columns);
        using var group = file.AppendRowGroup();
        foreach (var column in columns)
        {
            using var writer = group.NextColumn();
            switch (column.LogicalSystemType)
            {
                case var type when type == typeof(Guid): Write(() => Guid.CreateVersion7(at)); break;
                case var type when type == typeof(DateTime): Write(() => at); break;
                case var type when type == typeof(string): Write(() => column.Name); break;
                case var type when type == typeof(double): Write(() => 0.97); break;
                case var type when type == typeof(double?): Write<double?>(() => null); break;
                case var type when type == typeof(int): Write(() => 1); break;
                case var type when type == typeof(int?): Write<int?>(() => 1); break;
                default: Write<float[]>(() => [0.99f]); break;
            }

            void Write<T>(Func<T> value)
            {
                using var values = writer.LogicalWriter<T>();
                values.WriteBatch(Enumerable.Range(0, Rows).Select(_ => value()).ToArray());
            }
        }

        file.Close();
    }
}
