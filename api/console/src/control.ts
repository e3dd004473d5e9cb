/** The operator's console. */

import { mount } from "svelte";
import "./lib/theme.css";
import "./control/control.css";
import Root from "./control/Root.svelte";

const target = document.getElementById("app");
if (target) mount(Root, { target });
