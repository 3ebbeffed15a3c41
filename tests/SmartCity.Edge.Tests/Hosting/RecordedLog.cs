using Microsoft.Extensions.Logging;

namespace SmartCity.Edge.Tests.Hosting;

/// <summary>Everything that is logged.</summary>
internal sealed class RecordedLog : ILoggerProvider
{
    private readonly RecordingLogger _logger = new();

    public IEnumerable<string> Texts => _logger.Lines.Select(l => l.Text);

    public ILogger CreateLogger(string categoryName) => _logger;

    public void Dispose()
    {
    }
}
