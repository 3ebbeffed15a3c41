using System.Globalization;
using System.Text;
using CsvHelper;

namespace SmartCity.Core.Alerts;

/// <summary>Rows of an import that were not valid, as a CSV file: each as it was, with its line and what is wrong.</summary>
internal sealed class RejectedRows : IDisposable
{
    private readonly MemoryStream _bytes = new();
    private CsvWriter? _csv;

    public void Add(long line, string error, IEnumerable<(string Name, string? Value)> row)
    {
        var fields = row.ToList();
        if (_csv is null)
        {
            _csv = CsvWriter.Create(_bytes, new CsvWriterOptions { FormatProvider = CultureInfo.InvariantCulture, Injection = CsvInjection.Escape }, leaveOpen: true);
            _csv.WriteRecord([.. fields.Select(f => f.Name), "line", "error"]);
        }

        _csv.WriteRecord([.. fields.Select(f => f.Value ?? ""), line.ToString(CultureInfo.InvariantCulture), error]);
    }

    /// <summary>Null when there are none.</summary>
    public string? Text()
    {
        _csv?.Flush();
        return _csv is null ? null : Encoding.UTF8.GetString(_bytes.GetBuffer(), 0, (int)_bytes.Length);
    }

    public void Dispose()
    {
        _csv?.Dispose();
        _bytes.Dispose();
    }
}
