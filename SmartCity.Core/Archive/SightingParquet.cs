using ParquetSharp;

namespace SmartCity.Core.Archive;

/// <summary>One row of the archive; times are UTC.</summary>
internal sealed record ArchivedSighting(
    Guid Id, DateTime CapturedAt, string StationId, string CameraId, int? Lane, string? Direction, string? Plate, string? Country, string? Format,
    double Confidence, float[] Characters, int Frames, int[] Box, string? Evidence, string? DetectorVersion, string? ReaderVersion, double? SpeedKmh, string? TraceId, DateTime StoredAt);

/// <summary>Sightings as Parquet: zstd, microseconds, dictionaries for what repeats.</summary>
internal static class SightingParquet
{
    private static readonly LogicalType Micros = LogicalType.Timestamp(isAdjustedToUtc: true, TimeUnit.Micros);

    private static readonly Column[] Columns =
    [
        new Column<string>("id"),
        new Column<DateTime>("captured_at", Micros),
        new Column<string>("camera_id"),
        new Column<int?>("lane"),
        new Column<string?>("direction"),
        new Column<string?>("plate"),
        new Column<string?>("country"),
        new Column<string?>("format"),
        new Column<double>("confidence"),
        new Column<float[]>("characters"),
        new Column<int>("frames"),
        new Column<int[]>("box"),
        new Column<string?>("evidence"),
        new Column<string?>("detector_version"),
        new Column<string?>("reader_version"),
        new Column<double?>("speed_kmh"),
        new Column<string?>("trace_id"),
        new Column<DateTime>("stored_at", Micros),
    ];

    /// <summary>Writes rows to a file. Date and station are in the object's key (hive partitions), not in the file.</summary>
    public static void Write(string path, IReadOnlyList<ArchivedSighting> rows)
    {
        using var properties = new WriterPropertiesBuilder().Compression(Compression.Zstd).CompressionLevel(3).EnableDictionary().Build();
        using var file = new ParquetFileWriter(path, Columns, properties);
        using (var group = file.AppendRowGroup())
        {
            void Next<T>(Func<ArchivedSighting, T> value)
            {
                using var column = group.NextColumn().LogicalWriter<T>();
                column.WriteBatch([.. rows.Select(value)]);
            }

            Next(r => r.Id.ToString());
            Next(r => r.CapturedAt);
            Next(r => r.CameraId);
            Next(r => r.Lane);
            Next(r => r.Direction);
            Next(r => r.Plate);
            Next(r => r.Country);
            Next(r => r.Format);
            Next(r => r.Confidence);
            Next(r => r.Characters);
            Next(r => r.Frames);
            Next(r => r.Box);
            Next(r => r.Evidence);
            Next(r => r.DetectorVersion);
            Next(r => r.ReaderVersion);
            Next(r => r.SpeedKmh);
            Next(r => r.TraceId);
            Next(r => r.StoredAt);
        }

        file.Close();
    }
}
