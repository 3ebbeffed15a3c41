using Npgsql;
using ParquetSharp;
using SmartCity.Core.Api;

namespace SmartCity.Core.Archive;

/// <summary>
/// Writes sightings to a Parquet file, a row group at a time: zstd, times in UTC microseconds, dictionaries for what repeats. Day and station are in
/// the object's key (hive partitions), not in the file.
/// </summary>
internal sealed class SightingParquet : IDisposable
{
    /// <summary>What a row needs in Postgres, in the order of the columns; the table of sightings is <c>s</c>.</summary>
    public const string Select =
        """
        s.id, s.captured_at, s.camera_id, s.lane, s.direction, s.plate, s.country, s.format, s.confidence, s.characters, s.frames, s.box[1], s.box[2], s.box[3], s.box[4],
        s.evidence, s.detector_version, s.reader_version, s.speed_kmh, s.trace_id, s.stored_at, s.clock_synchronised, s.revision, s.movement
        """;

    /// <summary>Where the time of capture is in <see cref="Select"/>.</summary>
    public const int CapturedAt = 1;

    private const int RowsOfAGroup = 100_000;

    private static readonly LogicalType Micros = LogicalType.Timestamp(isAdjustedToUtc: true, TimeUnit.Micros);

    // Different in every row: a dictionary would only cost time.
    private static readonly string[] Distinct = ["id", "captured_at", "evidence", "trace_id"];

    private readonly ArchiveColumn[] _columns =
    [
        new ArchiveColumn<Guid>("id", (r, i) => r.GetGuid(i)),
        new ArchiveColumn<DateTime>("captured_at", (r, i) => r.GetDateTime(i), Micros),
        new ArchiveColumn<string>("camera_id", (r, i) => r.GetString(i)),
        new ArchiveColumn<int?>("lane", (r, i) => r.Int(i)),
        new ArchiveColumn<string?>("direction", (r, i) => r.Text(i)),
        new ArchiveColumn<string?>("plate", (r, i) => r.Text(i)),
        new ArchiveColumn<string?>("country", (r, i) => r.Text(i)),
        new ArchiveColumn<string?>("format", (r, i) => r.Text(i)),
        new ArchiveColumn<double>("confidence", (r, i) => r.GetDouble(i)),
        new ArchiveColumn<float[]>("characters", (r, i) => r.GetFieldValue<float[]>(i)),
        new ArchiveColumn<int>("frames", (r, i) => r.GetInt32(i)),
        new ArchiveColumn<int?>("box_x", (r, i) => r.Int(i)),
        new ArchiveColumn<int?>("box_y", (r, i) => r.Int(i)),
        new ArchiveColumn<int?>("box_width", (r, i) => r.Int(i)),
        new ArchiveColumn<int?>("box_height", (r, i) => r.Int(i)),
        new ArchiveColumn<string?>("evidence", (r, i) => r.Text(i)),
        new ArchiveColumn<string?>("detector_version", (r, i) => r.Text(i)),
        new ArchiveColumn<string?>("reader_version", (r, i) => r.Text(i)),
        new ArchiveColumn<double?>("speed_kmh", (r, i) => r.Double(i)),
        new ArchiveColumn<string?>("trace_id", (r, i) => r.Text(i)),
        new ArchiveColumn<DateTime>("stored_at", (r, i) => r.GetDateTime(i), Micros),
        new ArchiveColumn<bool?>("clock_synchronised", (r, i) => r.Bool(i), isLater: true),
        new ArchiveColumn<int>("revision", (r, i) => r.GetInt32(i), isLater: true),
        new ArchiveColumn<string?>("movement", (r, i) => r.Text(i), isLater: true),
    ];

    private readonly WriterProperties _properties;
    private readonly ParquetFileWriter _file;
    private int _waiting;

    public SightingParquet(string path)
    {
        using var properties = new WriterPropertiesBuilder();
        properties.Compression(Compression.Zstd).CompressionLevel(1);
        Array.ForEach(Distinct, column => properties.DisableDictionary(column));
        _properties = properties.Build();
        _file = new ParquetFileWriter(path, Array.ConvertAll(_columns, c => c.Schema), _properties);
    }

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Adds the row that the reader stands on; its columns are those of <see cref="Select"/>.</summary>
    public void Add(NpgsqlDataReader row)
    {
        for (var i = 0; i < _columns.Length; i++)
        {
            _columns[i].Add(row, i);
        }

        Added(1);
    }

    /// <summary>Adds all rows of a file that was written earlier, perhaps before some of the columns were there.</summary>
    /// <exception cref="InvalidDataException">The file lacks a column that was always there.</exception>
    public void AddFile(string path)
    {
        using var file = new ParquetFileReader(path);
        for (var g = 0; g < file.FileMetaData.NumRowGroups; g++)
        {
            using var group = file.RowGroup(g);
            var rows = checked((int)group.MetaData.NumRows);
            foreach (var column in _columns)
            {
                if (Index(column, file.FileMetaData.Schema) is { } index)
                {
                    using var reader = group.Column(index);
                    column.Add(reader, rows);
                }
                else
                {
                    column.AddDefaults(rows);
                }
            }

            Added(rows);
        }
    }

    /// <summary>Writes what waits and the file's end.</summary>
    public void Close()
    {
        Flush();
        _file.Close();
    }

    public void Dispose()
    {
        _file.Dispose();
        _properties.Dispose();
    }

    private static int? Index(ArchiveColumn column, SchemaDescriptor schema)
    {
        for (var i = 0; i < schema.NumColumns; i++)
        {
            using var path = schema.Column(i).Path;
            var dotted = path.ToDotString();
            if (dotted == column.Name || dotted.StartsWith(column.Name + ".", StringComparison.Ordinal))
            {
                return i;
            }
        }

        return column.IsLater ? null : throw new InvalidDataException($"The file has no column {column.Name}.");
    }

    private void Added(int rows)
    {
        Rows += rows;
        _waiting += rows;
        if (_waiting >= RowsOfAGroup)
        {
            Flush();
        }
    }

    private void Flush()
    {
        if (_waiting == 0)
        {
            return;
        }

        using var group = _file.AppendRowGroup();
        foreach (var column in _columns)
        {
            using var writer = group.NextColumn();
            column.WriteTo(writer);
        }

        _waiting = 0;
    }
}
