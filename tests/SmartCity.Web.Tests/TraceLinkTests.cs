using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SmartCity.Web.Access;
using SmartCity.Web.Components.Parts;

namespace SmartCity.Web.Tests;

public sealed class TraceLinkTests : BunitContext
{
    private const string Id = "4bf92f3577b34da6a3ce929d0e0e4736";

    [Fact]
    public void A_trace_opens_in_the_Aspire_dashboard()
    {
        With(new TraceOptions { Address = "http://localhost:18888/" });
        Assert.Equal($"http://localhost:18888/traces/detail/{Id}", Render<TraceLink>(p => p.Add(l => l.TraceId, Id)).Find("a").GetAttribute("href"));
        Assert.Equal("http://localhost:18888/traces/resource/core", Render<TraceLink>(p => p.Add(l => l.Service, "core")).Find("a").GetAttribute("href"));
    }

    [Fact]
    public void Another_viewer_has_paths_of_its_own()
    {
        With(new TraceOptions { Address = "https://jaeger.example/ui", TracePath = "/trace/{traceId}", ServicePath = "/search?service={service}" });
        Assert.Equal($"https://jaeger.example/ui/trace/{Id}", Render<TraceLink>(p => p.Add(l => l.TraceId, Id)).Find("a").GetAttribute("href"));
        Assert.Equal("https://jaeger.example/ui/search?service=edge%20a%261", Render<TraceLink>(p => p.Add(l => l.Service, "edge a&1")).Find("a").GetAttribute("href"));
    }

    [Fact]
    public void Without_a_viewer_the_id_is_shown_and_no_link()
    {
        With(new TraceOptions());
        var trace = Render<TraceLink>(p => p.Add(l => l.TraceId, Id));
        Assert.Empty(trace.FindAll("a"));
        Assert.Equal(Id, trace.Find("code").TextContent);
        Assert.Empty(Render<TraceLink>(p => p.Add(l => l.Service, "core")).Markup);
    }

    [Theory]
    [InlineData("localhost:18888", "/traces/detail/{traceId}", "http or https")]
    [InlineData("http://localhost:18888", "/traces/detail", "{traceId}")]
    public void An_address_that_leads_nowhere_is_refused_at_start(string address, string path, string said)
    {
        var wrong = new TraceOptions { Address = address, TracePath = path };
        Assert.Contains(said, string.Join(' ', wrong.Validate(new(wrong)).Select(r => r.ErrorMessage)), StringComparison.Ordinal);
    }

    private void With(TraceOptions traces) => Services.AddSingleton(Options.Create(traces));
}
