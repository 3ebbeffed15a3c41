using SmartCity.Contracts.Cities;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests;

public class CityTests
{
    [Fact]
    public void Demo_city_has_ten_places_or_more() => Assert.True(City.Load(null).Stations.Count >= 10);

    [Theory]
    [InlineData("""{ "name": "duty", "on": ["alert.raised"], "url": "https://duty.example.org/" }""", null)]
    [InlineData("""{ "name": "Duty", "on": ["alert.raised"], "url": "https://duty.example.org/" }""", "function 'Duty' has a name that is not valid")]
    [InlineData("""{ "name": "duty", "on": ["alert"], "url": "https://duty.example.org/" }""", "names 'alert'")]
    [InlineData("""{ "name": "duty", "on": [], "program": ["true"] }""", "on must name one or more of alert.raised")]
    [InlineData("""{ "name": "duty", "on": ["alert.raised"] }""", "exactly one of url, program and topic")]
    [InlineData("""{ "name": "duty", "on": ["alert.raised"], "url": "https://duty.example.org/", "topic": "events" }""", "exactly one of url, program and topic")]
    [InlineData("""{ "name": "duty", "on": ["alert.raised"], "url": "ftp://duty.example.org/" }""", "url must be an http or https address")]
    [InlineData("""{ "name": "duty", "on": ["alert.raised"], "program": [] }""", "program must begin with the name of a program")]
    [InlineData("""{ "name": "duty", "on": ["alert.raised"], "topic": "alerts" }""", "topic must be events")]
    [InlineData("""{ "name": "duty", "on": ["alert.raised"], "topic": "events", "atOnce": 1000 }""", "atOnce must be from 1 to 64")]
    [InlineData("""{ "name": "duty", "on": ["alert.raised"], "topic": "events", "timeLimit": "02:00:00" }""", "timeLimit must be from")]
    [InlineData("""{ "name": "duty", "on": ["alert.raised"], "topic": "events", "attempts": -1 }""", "attempts must be from 1")]
    public async Task A_function_that_could_not_work_is_refused_with_what_is_wrong(string function, string? wrong)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(
            folder["city.json"],
            $$"""{ "id": "test", "name": "Test", "stations": [{ "id": "a", "name": "A", "latitude": 51, "longitude": 0 }], "functions": [{{function}}] }""",
            TestContext.Current.CancellationToken);
        if (wrong is null)
        {
            var read = Assert.Single(City.Load(folder["city.json"]).Functions);
            Assert.Equal((50, TimeSpan.FromSeconds(30), 4), (read.Attempts, read.TimeLimit, read.AtOnce));
        }
        else
        {
            Assert.Contains(wrong, Assert.Throws<InvalidDataException>(() => City.Load(folder["city.json"])).Message, StringComparison.Ordinal);
        }
    }
}
