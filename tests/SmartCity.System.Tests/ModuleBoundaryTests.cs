using System.Reflection;

namespace SmartCity.System.Tests;

/// <summary>Edge, core and console are deployed apart: none may reference another.</summary>
public class ModuleBoundaryTests
{
    private static readonly string[] Modules = ["SmartCity.Edge", "SmartCity.Core", "SmartCity.Web"];

    [Theory]
    [InlineData("SmartCity.Edge")]
    [InlineData("SmartCity.Core")]
    [InlineData("SmartCity.Web")]
    public void A_module_references_no_other_module(string module)
    {
        var references = Assembly.Load(module).GetReferencedAssemblies().Select(a => a.Name).ToArray();
        Assert.Contains("SmartCity.Contracts", references);
        Assert.Empty(references.Intersect(Modules));
        Assert.DoesNotContain("smartcity", references);
    }

    [Fact]
    public void Contracts_depend_on_nothing_but_the_framework() =>
        Assert.All(
            Assembly.Load("SmartCity.Contracts").GetReferencedAssemblies(),
            a => Assert.StartsWith("System.", a.Name, StringComparison.Ordinal));

    [Theory]
    [InlineData("SmartCity.Recognition")]
    [InlineData("SmartCity.Faces")]
    public void What_looks_at_pictures_knows_of_ours_only_the_contracts(string assembly) =>
        Assert.Equal(["SmartCity.Contracts"], Assembly.Load(assembly).GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("SmartCity", StringComparison.Ordinal)));

    [Fact]
    public void Bricks_know_nothing_of_ours() =>
        Assert.DoesNotContain(Assembly.Load("SmartCity.Bricks").GetReferencedAssemblies(), a => a.Name!.StartsWith("SmartCity", StringComparison.Ordinal));

    [Fact]
    public void Service_defaults_know_no_module() =>
        Assert.Empty(Assembly.Load("SmartCity.ServiceDefaults").GetReferencedAssemblies().Select(a => a.Name).Intersect(Modules));

    [Fact]
    public void Workers_that_may_be_in_one_process_have_names_of_their_own()
    {
        const BindingFlags all = BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public;
        var names = ((string[])[.. Modules, "SmartCity.Lake", "SmartCity.ServiceDefaults", "smartcity"]).SelectMany(a => Assembly.Load(a).GetTypes())
            .Select(t => (Type: t, Worker: t.GetField("Worker", all))).Where(w => w.Worker is { IsLiteral: true }).Select(w => (w.Type, Name: (string)w.Worker!.GetRawConstantValue()!)).ToList();

        Assert.True(names.Count > 20);
        Assert.Empty(names.GroupBy(n => n.Name).Where(g => g.Count() > 1).Select(g => $"{g.Key}: {string.Join(", ", g.Select(n => n.Type.FullName))}"));
    }
}
