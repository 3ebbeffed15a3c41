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
}
