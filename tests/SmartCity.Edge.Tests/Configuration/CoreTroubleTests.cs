using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Edge.Configuration;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Configuration;

/// <summary>What an edge logs about a core that gives it nothing.</summary>
public sealed class CoreTroubleTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogger _log = new();
    private readonly CoreLink _link;
    private readonly CoreTrouble _trouble;

    public CoreTroubleTests()
    {
        _link = new CoreLink(_time);
        _trouble = new CoreTrouble(_link, _log);
    }

    [Fact]
    public void A_core_that_is_still_starting_is_information_and_logged_once()
    {
        _link.Failed(new HttpRequestException("Connection refused"));
        _trouble.Log("Connection refused.");
        _link.Answered(HttpStatusCode.ServiceUnavailable);
        _trouble.Log("The core answers 503.");
        _link.Answered(HttpStatusCode.OK);
        _trouble.IsOver("The core answers.");

        Assert.Equal(
            [(LogLevel.Information, "The core does not answer; it may be starting. Connection refused."), (LogLevel.Information, "The core answers.")],
            _log.Lines.Select(l => (l.Level, l.Text)));
    }

    [Fact]
    public void A_core_that_takes_longer_than_a_start_is_warned_of_once_and_so_is_one_that_goes_away_later()
    {
        _trouble.Log("Connection refused.");
        _time.Advance(TimeSpan.FromMinutes(5));
        _trouble.Log("Connection refused.");
        _trouble.Log("Connection refused.");
        Assert.Equal("Connection refused.", Assert.Single(Warnings));

        _link.Answered(HttpStatusCode.OK);
        _trouble.IsOver("The core answers.");
        _time.Advance(TimeSpan.FromHours(1));
        _link.Failed(new HttpRequestException("Connection refused"));
        _trouble.Log("Connection refused.");
        Assert.Single(Warnings);

        _time.Advance(TimeSpan.FromMinutes(5));
        _link.Failed(new HttpRequestException("Connection refused"));
        _trouble.Log("Connection refused.");
        Assert.Equal(2, Warnings.Count);
    }

    [Fact]
    public void A_core_that_refuses_is_a_warning_at_once()
    {
        _link.Answered(HttpStatusCode.Forbidden);
        _trouble.Log("The core answers 403.");

        Assert.Equal("The core answers 403.", Assert.Single(Warnings));
    }

    private List<string> Warnings => [.. _log.Lines.Where(l => l.Level == LogLevel.Warning).Select(l => l.Text)];
}
